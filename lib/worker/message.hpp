// What the tool and its workers say to each other. README.md has the table of who says what when.
#pragma once

#include "hone/backend.hpp"
#include "hone/options.hpp"
#include "lib/worker/device_worker.hpp"
#include "lib/worker/malformed.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hone {

// Raised with every change of a message or of a type in one. Each frame carries it.
inline constexpr std::uint16_t protocol_version = 3;
// Where a worker finds its control channel.
inline constexpr int worker_control_file = 3;

enum class MessageType : std::uint16_t {
    hello = 1,
    ready,
    refused,
    compile_job,
    compile_done,
    set_problem,
    begin_run,
    run_begun,
    end_run,
    run_ended,
    load,
    loaded,
    check,
    checked,
    sample,
    sampled,
    began,
};

// --- control channel, from the tool -----------------------------------------------------------

// The first message to any worker. Answered by Ready or Refused.
struct Hello {
    static constexpr auto type = MessageType::hello;
    std::string backend;
    Device device; // compile workers use its model only
    std::vector<std::string> plugin_folders;
    std::string cache_folder;
    std::int64_t memory_bytes =
        0; // a worker, or a candidate, may take beyond its start; 0: no limit
    NamedLibraries libraries;
};
// Answered by CompileDone.
struct CompileJob {
    static constexpr auto type = MessageType::compile_job;
    std::uint64_t ticket = 0;
    Module module;
};
// Carries one file per operand set. Not answered: what goes wrong shows at the next BeginRun.
struct SetProblem {
    static constexpr auto type = MessageType::set_problem;
    Problem problem;
    std::vector<ArgSpec> args;
};
// Carries the run's end of its channel and its fault record. Answered by RunBegun or Refused.
struct BeginRun {
    static constexpr auto type = MessageType::begin_run;
};
// Kills the run's processes. Answered by RunEnded, which also comes unasked when a run dies.
struct EndRun {
    static constexpr auto type = MessageType::end_run;
};

// --- control channel, from the worker -----------------------------------------------------------

struct Ready {
    static constexpr auto type = MessageType::ready;
};
// An Error that was thrown instead of an answer.
struct Refused {
    static constexpr auto type = MessageType::refused;
    Errc code = Errc::internal;
    std::string what, hint;
};
struct CompileDone {
    static constexpr auto type = MessageType::compile_done;
    std::uint64_t ticket = 0;
    CompileResult result;
    double seconds = 0;
};
struct RunBegun {
    static constexpr auto type = MessageType::run_begun;
};
struct RunEnded {
    static constexpr auto type = MessageType::run_ended;
    std::int32_t status = 0; // as waitpid gives it; 0 when the run ended in the worker itself
};

// --- run channel, from the tool -----------------------------------------------------------------

struct Load {
    static constexpr auto type = MessageType::load;
    Executable executable;
};
struct Check {
    static constexpr auto type = MessageType::check;
    std::int32_t program = 0;
    std::int32_t set = 0;
};
struct Sample {
    static constexpr auto type = MessageType::sample;
    std::vector<std::int32_t> programs;
    std::int32_t set = 0;
    Policy policy;
    std::int32_t rounds = 0;
    double seconds = 0;
};

// --- run channel, from the run ------------------------------------------------------------------

// What a run is about to do: each part of a call has its own time limit.
enum class Part : std::uint8_t {
    load,
    prepare, // operands are prepared, restored and poisoned
    launch,
    measure,
    collect, // guards are checked, results copied
};
struct Began {
    static constexpr auto type = MessageType::began;
    Part part = Part::load;
};
struct Loaded {
    static constexpr auto type = MessageType::loaded;
    RunReport report;
};
struct Checked {
    static constexpr auto type = MessageType::checked;
    CheckReport report;
};
struct Sampled {
    static constexpr auto type = MessageType::sampled;
    SampleReport report;
};

// For every message above.
template <typename Message> [[nodiscard]] std::vector<std::byte> encode(const Message& message);
// Throws Malformed unless the bytes are exactly one such message.
template <typename Message> [[nodiscard]] Message decode(std::span<const std::byte> bytes);

} // namespace hone
