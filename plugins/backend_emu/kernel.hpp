// A program whose kernels are decoded: marshals arguments and runs its steps.
#pragma once

#include "decode/module.hpp"
#include "exec/grid.hpp"
#include "hone/backend.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace hone::emu {

// What a launch found and counted.
struct Executed {
    Reports reports;
    Totals totals;
    bool keep_lines = false;
    std::map<int, std::set<u32>> lines; // of each module's PTX that ran, when kept
};

class EmuKernel final : public Kernel {
  public:
    // Throws Error(workload) for PTX that is not understood.
    EmuKernel(const Program& program, std::vector<std::unique_ptr<Module>> modules,
              std::shared_ptr<AddressSpace> memory, u32 shared_limit);

    // What no kernel of the emulator can have; empty when the program can run.
    [[nodiscard]] static std::string objection(const Program& program);

    [[nodiscard]] std::size_t workspace_bytes(const Problem& problem) const noexcept override;
    // As on a device that does not check.
    [[nodiscard]] Status launch(const Problem& problem, std::span<const Tensor> operands,
                                std::span<void* const> prepared, void* workspace,
                                Stream stream) const noexcept override;
    [[nodiscard]] Status prepare(int index, const Problem& problem,
                                 std::span<const Tensor> operands, void* out,
                                 Stream stream) const noexcept override;

    [[nodiscard]] bool deterministic() const noexcept { return program_.numerics.deterministic; }
    // One launch of all steps. False: given up, the reports say why.
    bool run(const hone::Launch& launch, Options options, Executed& executed) const;

  private:
    struct Arguments;
    struct Task { // one step
        Step step;
        const KernelCode* code = nullptr;
    };
    [[nodiscard]] std::vector<Task> tasks_of(const std::vector<Step>& steps);
    bool run_tasks(const std::vector<Task>& tasks, const Arguments& arguments, Options options,
                   Executed& executed) const;
    [[nodiscard]] std::vector<std::byte> params(const Task& task, const Arguments& arguments) const;
    void zero(const Arguments& arguments) const;

    Program program_; // its modules' text is not kept
    std::shared_ptr<AddressSpace> memory_;
    u32 shared_limit_;
    std::vector<std::unique_ptr<Module>> modules_;
    std::map<std::pair<int, std::string>, std::unique_ptr<KernelCode>> codes_;
    std::vector<Task> tasks_;
    std::vector<std::vector<Task>> preparations_;
};

} // namespace hone::emu
