// Kernels with one bug each: what is found, and where, is what the source says; their twins are
// silent.
#include "hone/error.hpp"
#include "machine.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <map>
#include <set>
#include <sstream>

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

struct Expected {
    std::string rule;
    std::set<int> lines;
    u32 blocks = 1;
};

// From the comments "expect NAME RULE" of bugs.cu.
std::map<std::string, Expected> expectations() {
    std::map<std::string, Expected> all;
    std::istringstream text(
        read_file(std::filesystem::path(HONE_EMU_TESTS) / "kernels" / "bugs.cu"));
    std::string line;
    for (int number = 1; std::getline(text, line); ++number) {
        if (const std::size_t count = line.find("// blocks "); count != std::string::npos) {
            std::istringstream words(line.substr(count + 10));
            std::string name;
            words >> name;
            words >> all[name].blocks;
        }
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

Outcome run(Machine& machine, const std::string& kernel, const Schedule& schedule, u32 blocks) {
    struct Args {
        u64 in, out, words;
        int n;
        u64 fresh;
    };
    std::vector<float> in(256);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i) + 0.5f;
    Args args{};
    args.in = machine.upload(in, "in");
    machine.memory.find(args.in, 1)->read_only = true;
    args.out = machine.upload(std::vector<float>(256), "out");
    args.words = machine.upload(std::vector<u32>(64), "words");
    args.n = 128;
    args.fresh = machine.upload(std::vector<float>(256), "fresh");
    machine.memory.find(args.fresh, 1)->forget_written();
    machine.options.schedule = schedule;
    machine.options.most_idle = 200000;
    try {
        machine.launch(kernel, {blocks, 1, 1}, {128, 1, 1}, 512, args);
    } catch (const hone::Error& error) { // "bugs.cu:12: ..."
        const std::string text = error.what();
        const std::size_t colon = text.find(':');
        Report refused;
        refused.file = text.substr(0, colon);
        refused.line = std::stoi(text.substr(colon + 1));
        refused.message = text;
        return {{refused}, text};
    }
    return {machine.reports.sorted(), machine.report_text()};
}

const std::vector<Schedule> schedules{
    {Schedule::Kind::eager, 0}, {Schedule::Kind::late, 0}, {Schedule::Kind::seeded, 7}};

void check_bug(const std::string& name, const Expected& expected, const Schedule& schedule) {
    Machine machine(golden_ptx("bugs.sm_80"));
    const Outcome outcome = run(machine, "bug_" + name, schedule, expected.blocks);
    CAPTURE(name, expected.rule, outcome.text);
    std::set<int> lines;
    std::set<std::string> rules;
    for (const Report& report : outcome.reports) {
        lines.insert(report.line);
        const bool refused = report.message.find(": needs sm_") != std::string::npos;
        rules.insert(refused ? "unavailable" : std::string(to_string(report.rule)));
        CHECK(report.file == "bugs.cu");
    }
    CHECK(rules == std::set<std::string>{expected.rule});
    CHECK_FALSE(lines.empty());
    for (const int line : lines) CHECK(expected.lines.contains(line));
}
void check_twin(const std::string& name, const Expected& expected, const Schedule& schedule) {
    Machine machine(golden_ptx("bugs.sm_80"));
    CAPTURE(name);
    CHECK(run(machine, "clean_" + name, schedule, expected.blocks).text == "");
}

} // namespace

TEST_CASE("each seeded bug is named with its rule and its line, and nothing else is", "[emu]") {
    const auto all = expectations();
    CHECK(all.size() >= 55);
    for (const auto& [name, expected] : all)
        for (const Schedule& schedule : schedules) check_bug(name, expected, schedule);
}

TEST_CASE("the clean twin of each seeded bug is silent", "[emu]") {
    for (const auto& [name, expected] : expectations())
        for (const Schedule& schedule : schedules) check_twin(name, expected, schedule);
}

TEST_CASE("bugs are named and twins silent under many schedules", "[.nightly][emu]") {
    for (const auto& [name, expected] : expectations())
        for (u64 seed = 0; seed < 16; ++seed) {
            const Schedule schedule{Schedule::Kind::seeded, hone::test::seed() + seed};
            check_bug(name, expected, schedule);
            check_twin(name, expected, schedule);
        }
}
