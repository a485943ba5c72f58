#include "lib/worker/main/loaded_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

namespace hone::worker {

LoadedProgram::LoadedProgram(Session& session, const Problem& problem, Executable executable,
                             RunReport& report)
    : session_(session), problem_(problem), program_(std::move(executable.program)) {
    Session::Loaded loaded = session.load(program_, executable.binaries);
    report = {loaded.outcome, std::move(loaded.detail), false};
    if (report.outcome != Outcome::ok) return;
    kernel_ = std::move(loaded.kernel);
    if (!kernel_) {
        report = {Outcome::launch_failed, "loading gave no kernel", false};
        return;
    }
    const std::size_t bytes = kernel_->workspace_bytes(problem);
    if (bytes > 0) workspace_ = allocate(session, bytes, MemoryUse::workspace);
}

RunReport LoadedProgram::prepare(OperandSet& set) {
    if (program_.prepare.empty() || prepared_.contains(&set)) return {};
    std::vector<std::unique_ptr<Memory>> memory;
    for (std::size_t i = 0; i < program_.prepare.size(); ++i) {
        const std::int64_t bytes = program_.prepare[i].bytes.value(problem_);
        if (bytes < 0)
            return {Outcome::launch_failed, "a prepared operand of negative size", false};
        memory.push_back(allocate(session_, static_cast<std::size_t>(bytes), MemoryUse::workspace));
        Memory& out = *memory.back();
        session_.fill(out, poison);
        const Status status =
            kernel_->prepare(static_cast<int>(i), problem_, set.tensors(), out.data(), Stream{});
        RunReport report = session_.synchronize();
        if (report.outcome == Outcome::ok && status != Status::ok) {
            report = {Outcome::launch_failed,
                      fmt::format("preparing layout {}: {}", program_.prepare[i].layout,
                                  to_string(status)),
                      false};
        }
        if (report.outcome == Outcome::ok) report = session_.check_guards(out);
        if (report.outcome != Outcome::ok) return report;
    }
    prepared_.emplace(&set, std::move(memory));
    return {};
}

Launch LoadedProgram::launch(std::span<OperandSet* const> sets) const {
    Launch launch;
    launch.kernel = kernel_.get();
    launch.problem = &problem_;
    launch.workspace = workspace_ ? workspace_->data() : nullptr;
    for (const OperandSet* set : sets) {
        launch.operand_sets.push_back(set->tensors());
        launch.restore.push_back(set->restore());
    }
    if (const auto found = prepared_.find(sets.front()); found != prepared_.end()) {
        for (const auto& memory : found->second) launch.prepared.push_back(memory->data());
    }
    return launch;
}

void LoadedProgram::poison_workspace() {
    if (workspace_) session_.fill(*workspace_, poison);
}

RunReport LoadedProgram::check_guards() const {
    if (!workspace_) return {};
    RunReport report = session_.check_guards(*workspace_);
    if (report.outcome != Outcome::ok) report.detail = "the workspace: " + report.detail;
    return report;
}

void LoadedProgram::append_zones(std::vector<FaultZone>& zones) const {
    const auto append = [&zones](const Memory& memory, std::int32_t what) {
        zones.push_back({reinterpret_cast<std::uintptr_t>(memory.data()), memory.size(), what});
    };
    if (workspace_) append(*workspace_, FaultRecord::workspace);
    for (const auto& [set, memories] : prepared_) {
        for (const auto& memory : memories) append(*memory, FaultRecord::prepared);
    }
}

bool LoadedProgram::is_library() const {
    return std::any_of(program_.modules.begin(), program_.modules.end(),
                       [](const Module& module) { return module.kind == Module::Kind::library; });
}

} // namespace hone::worker
