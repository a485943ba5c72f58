#include "hone/error.hpp"
#include "hone/workload.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"
#include "tests/text/fake_operation.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace hone;

namespace {

const test::FakeOperations operations;

WorkloadItem parse(const std::string& text) { return parse_problem(text, operations.all); }

std::string canonical(const std::string& text) {
    const WorkloadItem item = parse(text);
    return canonical_text(item.operation->schema(), item.problem);
}

// Any valid problem of blend.
Problem any_problem() {
    const auto between = [](std::int64_t low, std::int64_t high) {
        return *rc::gen::inRange(low, high + 1);
    };
    Problem problem;
    problem.operation = Name("blend");
    problem.dims[0] = between(14, std::int64_t{1} << 40);
    problem.dims[1] = between(1, 64);
    problem.dims[2] = between(1, 3);
    problem.dtypes[0] = *rc::gen::element(DType::f32, DType::bf16);
    problem.dtypes[1] = *rc::gen::element(DType::f32, DType::bf16, DType::s8);
    problem.attributes[0] = between(0, 3);
    problem.attributes[1] = between(0, 1);
    problem.attributes[2] = between(-1, 1000);
    const double softcap = *rc::gen::suchThat(rc::gen::arbitrary<double>(), [](double value) {
        return std::isfinite(value) && !(value == 0 && std::signbit(value));
    });
    problem.attributes[3] = real_bits(softcap);
    const auto steps = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange(1, 5));
    for (std::size_t i = 0; i < std::min<std::size_t>(steps.size(), 12); ++i) {
        problem.attributes[4] |= steps[i] << (5 * i);
    }
    problem.attributes[5] = between(0, 1);
    problem.attributes[6] = between(1, 100);
    if (between(0, 1) == 1) problem.names[0] = Name("packed:cpu-nr16/1");
    return problem;
}

// Another value of one field.
Problem with_another_value(const Field& field, Problem problem) {
    const auto slot = static_cast<std::size_t>(field.slot);
    std::int64_t& attribute = problem.attributes[slot];
    switch (field.kind) {
    case Field::Kind::dim:
        problem.dims[slot] += 1;
        break;
    case Field::Kind::dtype:
        problem.dtypes[slot] = problem.dtypes[slot] == DType::f32 ? DType::bf16 : DType::f32;
        break;
    case Field::Kind::choice:
    case Field::Kind::flag:
        attribute = attribute == 0 ? 1 : 0;
        break;
    case Field::Kind::integer:
    case Field::Kind::steps:
        attribute = attribute == 2 ? 3 : 2;
        break;
    case Field::Kind::real:
        attribute = real_bits(real_value(attribute) == 1 ? 2 : 1);
        break;
    case Field::Kind::name:
        problem.names[slot] = problem.names[slot].empty() ? Name("x") : Name();
        break;
    }
    return problem;
}

} // namespace

TEST_CASE("a problem text fills in defaults and reads in any order", "[text]") {
    const std::string expected =
        "blend m=4096 n=64 batch=1 a=bf16 b=bf16 layout=nn causal=false window=0 softcap=0.0 "
        "epilogue=none lengths.distribution=fixed lengths.low=1 prepared=none";
    for (const char* text : {"blend m=4096 n=64 a=bf16", "  blend a=bf16\tn=64   m=4096 ",
                             "blend pass=forward m=4096 n=64 a=bf16 b=bf16 softcap=-0"}) {
        CAPTURE(text);
        CHECK(canonical(text) == expected);
    }
    const WorkloadItem item =
        parse("blend m=1 n=2 a=f32 b=s8 layout=tn causal=true window=-1 softcap=1e-3 "
              "epilogue=silu+bias+silu lengths.distribution=uniform prepared=nr16/1");
    CHECK(canonical_text(item.operation->schema(), item.problem) ==
          "blend m=1 n=2 batch=1 a=f32 b=s8 layout=tn causal=true window=-1 softcap=0.001 "
          "epilogue=silu+bias+silu lengths.distribution=uniform lengths.low=1 prepared=nr16/1");
    CHECK(canonical("scan") == "scan length=16");
}

TEST_CASE("what is asked for beside the problem goes into the item", "[text]") {
    const std::string digits(64, 'a');
    const WorkloadItem item = parse("scan max_error=1e-3 weight=2 workspace_limit=1024 "
                                    "name=first numeric_class=same_as:" +
                                    digits);
    CHECK(item.contract.max_error == 1e-3);
    CHECK(item.contract.workspace_limit == 1024);
    CHECK(item.contract.numeric_class == NumericClass::same_as);
    CHECK(hex(item.contract.same_as) == digits);
    CHECK(item.weight == 2);
    CHECK(item.name == "first");
    CHECK(parse("scan").contract == Contract{});
    CHECK(parse("scan").problem == item.problem);
    CHECK(parse("scan numeric_class=batch_invariant").contract.numeric_class ==
          NumericClass::batch_invariant);
}

TEST_CASE("operations that share a table are told apart by their key", "[text]") {
    const std::string rest = " m=1 n=1 a=f32";
    CHECK(parse("blend" + rest).operation == &operations.blend);
    CHECK(parse("blend pass=forward" + rest).operation == &operations.blend);
    CHECK(parse("blend pass=backward" + rest).operation == &operations.backward);
    CHECK(parse("blend_backward" + rest).operation == &operations.backward);
}

TEST_CASE("canonical and short texts read back as the same problem", "[text]") {
    rc::prop("round trip", [] {
        const Problem problem = any_problem();
        const Schema& schema = operations.blend.schema();
        const std::string text = canonical_text(schema, problem);
        RC_ASSERT(parse(text).problem == problem);
        RC_ASSERT(canonical(text) == text);
        const std::string shorter = short_text(schema, problem);
        RC_ASSERT(shorter.size() <= text.size());
        RC_ASSERT(parse(shorter).problem == problem);
    });
    const Schema& schema = operations.blend.schema();
    CHECK(short_text(schema, parse("blend m=1 n=2 a=f32 b=f32 batch=1").problem) ==
          "blend m=1 n=2 a=f32");
    CHECK(short_text(schema, parse("blend m=1 n=2 a=f32 b=s8 causal=true").problem) ==
          "blend m=1 n=2 a=f32 b=s8 causal=true");
}

TEST_CASE("changing any field gives another key and another hash", "[text]") {
    const Schema& schema = operations.blend.schema();
    rc::prop("from any problem", [&] {
        const Problem before = any_problem();
        for (const Field& field : schema.fields) {
            const Problem after = with_another_value(field, before);
            RC_ASSERT(canonical_text(schema, after) != canonical_text(schema, before));
            RC_ASSERT(hash(after) != hash(before));
            RC_ASSERT(!(after == before));
        }
    });
}

TEST_CASE("a malformed problem text names the column and what was expected", "[text]") {
    struct Row {
        std::string text;
        std::string what; // after the quoted text
        std::string hint;
    };
    const std::string good = "blend m=1 n=1 a=f32 "; // 20 columns
    const std::vector<Row> table = {
        {"", "column 1: a problem starts with its operation", "gemm m=1"},
        {"  \t ", "column 1: a problem starts", ""},
        {"blend m", "column 7: expected key=value, got \"m\"", "none around '='"},
        {"blend m = 1", "column 7: expected key=value", ""},
        {"blend =1", "column 7: expected key=value", ""},
        {"bland m=1", "column 1: unknown operation \"bland\"", "did you mean blend?"},
        {"gemm m=1", "column 1: unknown operation \"gemm\"",
         "known are: blend, blend_backward, scan"},
        {"blend m=1 a=f32", "column 1: blend needs n", ""},
        {"blend n=1 a=f32", "column 1: blend needs m (rows)", ""},
        {good + "lenghts.low=3", "column 21: blend has no key \"lenghts.low\"",
         "did you mean lengths.low?"},
        {good + "max_eror=1", "column 21: blend has no key", "did you mean max_error?"},
        {good + "m=2", "column 21: m is given twice", ""},
        {good + "weight=1 weight=1", "column 30: weight is given twice", ""},
        {good + "pass=sideways", "column 21: pass must be forward or backward, got \"sideways\"",
         "known are: forward, backward"},
        {"blend_backward pass=forward", "column 16: pass must be backward, got \"forward\"", ""},
        {good + "pass=forward pass=forward", "column 34: pass is given twice", ""},
        {"blend m=12k", "column 7: m must be a positive integer, got \"12k\"", "write m=12000"},
        {"blend m=x", "column 7: m must be a positive integer, got \"x\"", "write m=4096"},
        {"blend m=", "column 7: m must be a positive integer, got \"\"", ""},
        {"blend m=0", "column 7: m must be a positive integer, got \"0\"", ""},
        {"blend m=-4", "column 7: m must be a positive integer, got \"-4\"", ""},
        {"blend m=1.5", "column 7: m must be a positive integer, got \"1.5\"", ""},
        {"blend m=0x10", "column 7: m must be a positive integer", ""},
        {"blend m=1e3", "column 7: m must be a positive integer", ""},
        {"blend m=1099511627777", "column 7: m must be at most 1099511627776, got", ""},
        {"blend m=99999999999999999999", "column 7: m must be at most 1099511627776", ""},
        {"blend m=-99999999999999999999", "column 7: m must be a positive integer", ""},
        {good + "window=-2", "column 21: window must be an integer of at least -1", ""},
        {good + "window=1001", "column 21: window must be at most 1000", ""},
        {"blend m=1 n=1 a=fp32", "column 15: a must be one of f32, bf16, e4m3, got \"fp32\"",
         "did you mean f32?"},
        {"blend m=1 n=1 a=f64", "column 15: a must be one of f32, bf16, e4m3", ""},
        {"blend m=1 n=1 a=e4m3",
         "column 1: b must be one of f32, bf16, s8, got \"e4m3\" (the value of a)", ""},
        {good + "layout=tm", "column 21: layout must be one of nn, nt, tn, tt, got \"tm\"",
         "did you mean"},
        {good + "causal=yes", "column 21: causal must be true or false, got \"yes\"", ""},
        {good + "softcap=inf", "column 21: softcap must be a finite number, got \"inf\"",
         "write softcap=0.5"},
        {good + "softcap=nan", "column 21: softcap must be a finite number", ""},
        {good + "softcap=1e999", "column 21: softcap must be a finite number", ""},
        {good + "softcap=1,5", "column 21: softcap must be a finite number", ""},
        {good + "epilogue=bias+rleu", "column 21: epilogue has no step \"rleu\"",
         "did you mean relu?"},
        {good + "epilogue=bias+", "column 21: epilogue has no step \"\"", ""},
        {good + "epilogue=", "column 21: epilogue has no step \"\"", ""},
        {good + "epilogue=none+bias", "column 21: epilogue has no step \"none\"", ""},
        {good + "epilogue=relu+relu+relu+relu+relu+relu+relu+relu+relu+relu+relu+relu+relu",
         "column 21: epilogue has more than 12 steps", ""},
        {good + "prepared=a=b", "column 21: prepared: a name consists of", ""},
        {good + "prepared=", "column 21: prepared is empty", "write none"},
        {good + "prepared=" + std::string(32, 'x'), "is longer than 31 bytes", ""},
        {good + "weight=0", "column 21: weight must be positive, got 0", ""},
        {good + "weight=-1", "column 21: weight must be positive, got -1", ""},
        {good + "max_error=-1", "column 21: max_error must be 0 or more, got -1", ""},
        {good + "workspace_limit=-1", "column 21: workspace_limit must be a non-negative integer",
         ""},
        {good + "numeric_class=determinstic", "column 21: numeric_class must be any,",
         "did you mean deterministic?"},
        {good + "numeric_class=same_as:12", "column 21: numeric_class same_as: needs the 64", ""},
        {"blend m=13 n=1 a=f32", "column 1: m and n do not go together", "change m"},
    };
    for (const Row& row : table) {
        CAPTURE(row.text);
        try {
            (void)parse(row.text);
            FAIL_CHECK("no error");
        } catch (const Error& error) {
            CAPTURE(error.what(), error.hint());
            CHECK(error.code() == Errc::workload);
            CHECK(std::string(error.what()).find(row.what) != std::string::npos);
            CHECK(error.hint().find(row.hint) != std::string::npos);
        }
    }
}

TEST_CASE("a message shows bytes that do not print as escapes and cuts long texts", "[text]") {
    try {
        (void)parse("blend \x1b[31m\xff=" + std::string(200, 'x'));
        FAIL_CHECK("no error");
    } catch (const Error& error) {
        const std::string what = error.what();
        CAPTURE(what);
        CHECK(what.find("blend has no key \"\\x1b[31m\\xff\"") != std::string::npos);
        CHECK(what.size() < 200);
        CHECK(what.find('\x1b') == std::string::npos);
    }
}

TEST_CASE("names hold up to 31 printable characters", "[text]") {
    CHECK(Name("packed:cpu-nr16/1").view() == "packed:cpu-nr16/1");
    CHECK(Name(std::string(31, 'x')).view().size() == 31);
    CHECK(Name().empty());
    CHECK(Name("a") == Name("a"));
    for (const std::string& text : {std::string(32, 'x'), std::string("a b"), std::string("a=b"),
                                    std::string("a\0b", 3), std::string("\xc3\xa9")}) {
        CAPTURE(text);
        CHECK_THROWS_AS(Name(text), Error);
    }
}

TEST_CASE("schemas find their fields", "[text]") {
    const Schema& schema = operations.blend.schema();
    CHECK(schema.find("layout")->kind == Field::Kind::choice);
    CHECK(schema.find("lay") == nullptr);
    CHECK(schema.slot("batch") == 2);
    CHECK_THROWS_AS((void)schema.slot("lay"), Error);
    CHECK_THROWS_AS((void)canonical_text(schema, parse("scan").problem), Error);
    Problem broken = parse("blend m=1 n=1 a=f32").problem;
    broken.attributes[0] = 4;
    CHECK_THROWS_AS((void)canonical_text(schema, broken), Error);
}
