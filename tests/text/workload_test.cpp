#include "hone/error.hpp"
#include "hone/workload.hpp"
#include "tests/catch.hpp"
#include "tests/text/fake_operation.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

using namespace hone;

namespace {

const test::FakeOperations operations;

Workload parse(const std::string& toml) { return parse_workload(toml, "w.toml", operations.all); }

std::vector<std::string> short_texts(const Workload& workload) {
    std::vector<std::string> texts;
    for (const WorkloadItem& item : workload.items) {
        texts.push_back(short_text(item.operation->schema(), item.problem));
    }
    return texts;
}

} // namespace

TEST_CASE("a workload file becomes problems in its order", "[text]") {
    const Workload workload = parse(R"([workload]
name = "llama decode"
phase = "decode"

[[scan]]
[[blend]]
name = "qkv"
m = 64
n = 4096
a = "bf16"
b = "s8"
layout = "nt"
causal = true
window = -1
softcap = 3            # an integer is a number, too
epilogue = "bias+silu"
lengths = { distribution = "uniform", low = 7 }
prepared = "nr16/1"
weight = 32
max_error = 3e-3
numeric_class = "deterministic"
workspace_limit = 1024

[[scan]]
length = 3
[[blend]]
pass = "backward"
m = 1
n = 2
a = "f32"
[blend.lengths]
low = 9
)");
    CHECK(workload.name == "llama decode");
    CHECK(workload.phase == "decode");
    CHECK(short_texts(workload) ==
          std::vector<std::string>{
              "scan",
              "blend m=64 n=4096 a=bf16 b=s8 layout=nt causal=true window=-1 softcap=3.0 "
              "epilogue=bias+silu lengths.distribution=uniform lengths.low=7 prepared=nr16/1",
              "scan length=3",
              "blend_backward m=1 n=2 a=f32 lengths.low=9",
          });
    const WorkloadItem& qkv = workload.items[1];
    CHECK(qkv.operation == &operations.blend);
    CHECK(qkv.name == "qkv");
    CHECK(qkv.weight == 32);
    CHECK(qkv.where == "w.toml:6:1");
    CHECK(qkv.contract.max_error == 3e-3);
    CHECK(qkv.contract.numeric_class == NumericClass::deterministic);
    CHECK(qkv.contract.workspace_limit == 1024);
    CHECK(workload.items[3].contract == Contract{});
}

TEST_CASE("lists make one problem per value, the first key outermost", "[text]") {
    const Workload workload = parse(R"(
[[blend]]
n = [2, 3]
m = 1
a = ["f32", "bf16"]
max_error = [0.0, 1e-2]
weight = 5
)");
    CHECK(short_texts(workload) ==
          std::vector<std::string>{"blend m=1 n=2 a=f32", "blend m=1 n=2 a=f32",
                                   "blend m=1 n=2 a=bf16", "blend m=1 n=2 a=bf16",
                                   "blend m=1 n=3 a=f32", "blend m=1 n=3 a=f32",
                                   "blend m=1 n=3 a=bf16", "blend m=1 n=3 a=bf16"});
    CHECK(workload.items[0].contract.max_error == 0);
    CHECK(workload.items[1].contract.max_error == 1e-2);
    for (const WorkloadItem& item : workload.items) CHECK(item.weight == 5);

    CHECK(parse("[blend]\nm = [7]\nn = 1\na = 'f32'\n").items.size() == 1);
    CHECK(parse("scan = [{ length = 1 }, { length = [2, 3] }]").items.size() == 3);
    CHECK(parse("\xef\xbb\xbf[[scan]]\r\nlength = 5\r\n").items.size() == 1);
}

TEST_CASE("an invalid workload names place, expectation and remedy", "[text]") {
    struct Row {
        std::string toml;
        std::string what;
        std::string hint;
    };
    const std::string good = "[[blend]]\nm = 1\nn = 1\na = 'f32'\n"; // 4 lines
    const auto list = [](int count) {
        std::string text = "[1";
        for (int i = 1; i < count; ++i) text += ", 1";
        return text + "]";
    };
    const std::vector<Row> table = {
        {"", "w.toml:1:1: there is no problem", "known are: blend, scan, workload"},
        {"[workload]\nname = 'x'\n", "w.toml:1:1: there is no problem", ""},
        // not TOML
        {"[[blend]\n", "w.toml:1:9: ", "this is TOML"},
        {"[[blend]]\nm = \n", "w.toml:2:5: ", "this is TOML"},
        {"[[blend]]\na = bf16\n", "w.toml:2:5: ", "texts stand in quotes"},
        {"[[blend]]\nm = 1\nm = 2\n", "w.toml:3:", "this is TOML"},
        {"[[blend]]\nname = '\xff'\n", "w.toml:2:8: ", ""},
        {"[[blend]]\nm = 99999999999999999999\n", "w.toml:2:", ""},
        {"[workload]\n[workload]\n", "w.toml:2:", ""},
        {"x" + std::string(1000, '.'), "w.toml:1:1: more than 256 dots", ""},
        {"[[scan]]\n" + std::string(1000, '['), "w.toml:2:", ""},
        // tables
        {"[[bland]]\nm = 1\n", "w.toml:1:3: unknown table \"bland\"", "did you mean blend?"},
        {"[[convolution]]\n", "w.toml:1:3: unknown table \"convolution\"",
         "known are: blend, scan, workload"},
        {"[[blend_backward]]\n", "w.toml:1:3: unknown table", ""},
        {"m = 3\n", "w.toml:1:1: unknown table \"m\"", ""},
        {"blend = 3\n", "w.toml:1:9: blend must be a table, got 3", "write [[blend]]"},
        {"blend = []\n", "w.toml:1:9: blend must be a table, got a list", ""},
        {"blend = [{}, 1]\n", "w.toml:1:9: blend must be a table, got a list", ""},
        {"[[workload]]\n", "w.toml:1:1: workload must be one table", "write [workload]"},
        {"[workload]\nphase = 'decod'\n",
         "w.toml:2:9: phase must be prefill, decode or training, got \"decod\"",
         "did you mean decode?"},
        {"[workload]\nphase = 1\n", "w.toml:2:9: phase must be a text, got 1", ""},
        {"[workload]\nphas = 'decode'\n", "w.toml:2:1: workload has no key \"phas\"",
         "did you mean phase?"},
        {"[workload]\nname = {}\n", "w.toml:2:8: name must be a text, got a table", ""},
        // keys
        {"[[blend]]\nm = 1\na = 'f32'\n", "w.toml:1:1: blend needs n", ""},
        {good + "epilog = 'bias'\n", "w.toml:5:1: blend has no key \"epilog\"",
         "did you mean epilogue?"},
        {good + "epilog = ['bias']\n", "w.toml:5:1: blend has no key \"epilog\"", ""},
        {good + "lengths = { lo = 1 }\n", "w.toml:5:13: blend has no key \"lengths.lo\"",
         "did you mean lengths.low?"},
        {good + "lengths = {}\n", "w.toml:5:1: blend has no key \"lengths\"", ""},
        {good + "lengths = { low = 1 }\n\"lengths.low\" = 2\n",
         "w.toml:6:17: lengths.low is given twice", ""},
        {good + "pass = 'sideways'\n", "w.toml:5:8: pass must be forward or backward", ""},
        {good + "pass = ['forward']\n", "w.toml:5:8: pass must be a text, got a list", ""},
        // values
        {"[[blend]]\nm = \"12k\"\n", "w.toml:2:5: m must be a positive integer, got \"12k\"",
         "write m = 12000 or m = [1, 8]"},
        {"[[blend]]\nm = \"128\"\n", "w.toml:2:5: m must be a positive integer, got \"128\"", ""},
        {"[[blend]]\nm = 1.0\n", "w.toml:2:5: m must be a positive integer, got 1.0", ""},
        {"[[blend]]\nm = 0\n", "w.toml:2:5: m must be a positive integer, got 0", ""},
        {"[[blend]]\nm = -1\n", "w.toml:2:5: m must be a positive integer, got -1", ""},
        {"[[blend]]\nm = true\n", "w.toml:2:5: m must be a positive integer, got true", ""},
        {"[[blend]]\nm = 1979-05-27\n",
         "w.toml:2:5: m must be a positive integer, got a date or time", ""},
        {"[[blend]]\nm = {}\n", "w.toml:2:5: m must be a positive integer, got a table", ""},
        {"[[blend]]\nm = { x = 1 }\n", "w.toml:2:7: blend has no key \"m.x\"", ""},
        {"[[blend]]\nm = 9223372036854775807\n", "w.toml:2:5: m must be at most 1099511627776", ""},
        {"[[blend]]\nm = []\n", "w.toml:2:5: m is an empty list", "m = [1, 8]"},
        {"[[blend]]\nn = 1\na = 'f32'\nm = [1, [2]]\n",
         "w.toml:4:9: m must be a positive integer, got a list", ""},
        {"[[blend]]\nn = 1\na = 'f32'\nm = [1,\n 'x']\n",
         "w.toml:5:2: m must be a positive integer, got \"x\"", ""},
        {good + "causal = 'true'\n", "w.toml:5:10: causal must be true or false, got \"true\"", ""},
        {good + "layout = 1\n", "w.toml:5:10: layout must be a text, got 1",
         "texts stand in quotes: layout = "},
        {good + "softcap = '1'\n", "w.toml:5:11: softcap must be a finite number, got \"1\"", ""},
        {good + "softcap = nan\n", "w.toml:5:11: softcap must be a finite number, got nan", ""},
        {good + "softcap = -inf\n", "w.toml:5:11: softcap must be a finite number, got -inf", ""},
        {good + "epilogue = ['bias+rleu']\n", "w.toml:5:13: epilogue has no step \"rleu\"",
         "did you mean relu?"},
        {good + "name = ['x', 'y']\n", "w.toml:5:8: name takes one value, not a list", ""},
        {good + "weight = [1, 2]\n", "w.toml:5:10: weight takes one value, not a list", ""},
        {good + "weight = 'much'\n", "w.toml:5:10: weight must be a finite number", ""},
        // whole problems
        {"\n\n  [[blend]]\nm = [1, 13]\nn = 1\na = 'f32'\n",
         "w.toml:3:3: m and n do not go together", "change m"},
        {"[[blend]]\nm = " + list(65) + "\nn = " + list(64) + "\na = 'f32'\n",
         "w.toml:1:1: the lists of one table make more than 4096 problems", "split the table"},
    };
    for (const Row& row : table) {
        CAPTURE(row.toml);
        try {
            (void)parse(row.toml);
            FAIL_CHECK("no error");
        } catch (const Error& error) {
            CAPTURE(error.what(), error.hint());
            CHECK(error.code() == Errc::workload);
            CHECK(std::string(error.what()).starts_with(row.what));
            CHECK(error.hint().find(row.hint) != std::string::npos);
        }
    }
}

TEST_CASE("a file of more problems than can be tuned is refused", "[text]") {
    std::string lists;
    for (int i = 0; i < 4096; ++i) lists += "1,";
    std::string toml;
    for (int i = 0; i < 17; ++i) toml += "[[scan]]\nlength = [" + lists + "]\n";
    try {
        (void)parse(toml);
        FAIL_CHECK("no error");
    } catch (const Error& error) {
        CHECK(std::string(error.what()) == "w.toml:33:1: more than 65536 problems in one file");
    }
}

TEST_CASE("what cannot be read as a file is said by its name", "[text]") {
    const auto message = [](const std::filesystem::path& file) -> std::string {
        try {
            (void)load_workload(file, operations.all);
        } catch (const Error& error) {
            CHECK(error.code() == Errc::workload);
            return error.what();
        }
        return "no error";
    };
    namespace fs = std::filesystem;
    const fs::path folder = fs::temp_directory_path();
    const fs::path file = folder / ("hone-workload-" + std::to_string(::getpid()) + ".toml");
    CHECK(message(file) == file.string() + ": No such file or directory");
    CHECK(message(folder) == folder.string() + ": a folder, not a workload file");

    std::ofstream(file) << "[[scan]]\nlength = 4\n";
    CHECK(load_workload(file, operations.all).items.at(0).where == file.string() + ":1:1");
    std::ofstream(file) << "#" << std::string(std::size_t{5} << 20, 'x');
    CHECK(message(file) == file.string() + ": larger than 4194304 bytes");
    fs::remove(file);
}
