// A program whose entry points were found: marshals arguments and runs its steps.
#pragma once

#include "hone/backend.hpp"
#include "hone/cpu.h"
#include "llvm/parts.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hone::cpu {

// Runs count items at the same time: the host's threads, or the session's own.
class Parallel {
  public:
    virtual ~Parallel() = default;
    [[nodiscard]] virtual int most() const noexcept = 0; // largest count
    virtual void run(int count, void (*body)(void*, int), void* argument) noexcept = 0;
};

class CpuKernel final : public Kernel {
  public:
    static constexpr std::size_t most_arguments = 64;

    // `entries` has the function of each step, those of Program::steps first, then those of each
    // Prepare. `code` keeps them alive.
    CpuKernel(const Program& program, std::vector<hone_cpu_kernel> entries,
              std::shared_ptr<Parallel> parallel, std::shared_ptr<ObjectLoader> loader,
              std::vector<std::unique_ptr<LoadedObject>> code);

    // Whether some code is a library's, which may start threads of its own.
    [[nodiscard]] bool foreign() const noexcept { return foreign_; }

    // What no CPU kernel can have; nothing when the program can run.
    [[nodiscard]] static std::optional<std::string> objection(const Program& program);

    [[nodiscard]] std::size_t workspace_bytes(const Problem& problem) const noexcept override;
    [[nodiscard]] Status launch(const Problem& problem, std::span<const Tensor> operands,
                                std::span<void* const> prepared, void* workspace,
                                Stream stream) const noexcept override;
    [[nodiscard]] Status prepare(int index, const Problem& problem,
                                 std::span<const Tensor> operands, void* out,
                                 Stream stream) const noexcept override;

  private:
    struct Run;
    struct Task { // one step
        hone_cpu_kernel entry = nullptr;
        Extent items;
        bool cooperative = false;
        std::vector<KernelArg> args;
    };
    [[nodiscard]] Status run(const std::vector<Task>& tasks, const Run& run) const noexcept;

    std::vector<Task> tasks_;
    std::vector<std::vector<Task>> preparations_;
    std::vector<ZeroInit> zero_init_;
    Extent workspace_bytes_;
    std::size_t operands_needed_ = 0;
    std::size_t prepared_needed_ = 0;
    bool foreign_ = false;
    // Declared before the code, so that the code goes first.
    std::shared_ptr<Parallel> parallel_;
    std::shared_ptr<ObjectLoader> loader_;
    std::vector<std::unique_ptr<LoadedObject>> code_;
};

} // namespace hone::cpu
