// Kernels with one bug each: what is found, and where, is what the source says; their twins are
// silent.
#include "machine.hpp"
#include "tests/catch.hpp"

#include <map>
#include <set>
#include <sstream>

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

struct Expected {
    std::string rule;
    std::set<int> lines;
};

// From the comments "expect NAME RULE" of bugs.cu.
std::map<std::string, Expected> expectations() {
    std::map<std::string, Expected> all;
    std::istringstream text(
        read_file(std::filesystem::path(HONE_EMU_TESTS) / "kernels" / "bugs.cu"));
    std::string line;
    for (int number = 1; std::getline(text, line); ++number) {
        const std::size_t at = line.find("// expect ");
        if (at == std::string::npos) continue;
        std::istringstream words(line.substr(at + 10));
        std::string name, rule;
        words >> name >> rule;
        all[name].rule = rule;
        all[name].lines.insert(number);
    }
    return all;
}

struct Outcome {
    std::vector<Report> reports;
    std::string text;
};

Outcome run(Machine& machine, const std::string& kernel, const Schedule& schedule) {
    struct Args {
        u64 in, out, words;
        int n;
    };
    std::vector<float> in(256);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i) + 0.5f;
    Args args{};
    args.in = machine.upload(in, "in");
    machine.memory.find(args.in, 1)->read_only = true;
    args.out = machine.upload(std::vector<float>(256), "out");
    args.words = machine.upload(std::vector<u32>(64), "words");
    args.n = 128;
    machine.options.schedule = schedule;
    machine.options.most_idle = 200000;
    machine.launch(kernel, {1, 1, 1}, {128, 1, 1}, 512, args);
    return {machine.reports.sorted(), machine.report_text()};
}

const std::vector<Schedule> schedules{
    {Schedule::Kind::eager, 0}, {Schedule::Kind::late, 0}, {Schedule::Kind::seeded, 7}};

} // namespace

TEST_CASE("each seeded bug is named with its rule and its line, and nothing else is", "[emu]") {
    const auto all = expectations();
    CHECK(all.size() >= 40);
    for (const auto& [name, expected] : all)
        for (const Schedule& schedule : schedules) {
            Machine machine(golden_ptx("bugs.sm_80"));
            const Outcome outcome = run(machine, "bug_" + name, schedule);
            CAPTURE(name, expected.rule, outcome.text);
            std::set<int> lines;
            std::set<std::string> rules;
            for (const Report& report : outcome.reports) {
                lines.insert(report.line);
                rules.insert(std::string(to_string(report.rule)));
                CHECK(report.file == "bugs.cu");
            }
            CHECK(rules == std::set<std::string>{expected.rule});
            CHECK_FALSE(lines.empty());
            for (const int line : lines) CHECK(expected.lines.contains(line));
        }
}

TEST_CASE("the clean twin of each seeded bug is silent", "[emu]") {
    for (const auto& [name, expected] : expectations())
        for (const Schedule& schedule : schedules) {
            Machine machine(golden_ptx("bugs.sm_80"));
            CAPTURE(name);
            CHECK(run(machine, "clean_" + name, schedule).text == "");
        }
}
