// A program loaded into a context.
#pragma once

#include "arguments.hpp"
#include "context.hpp"
#include "hone/stream.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hone::cuda {

class CudaKernel final : public Kernel {
  public:
    // Loads the modules that need loading and finds every entry. Nothing when that fails, and
    // `failure` says why. Throws Error(device_lost).
    [[nodiscard]] static std::unique_ptr<CudaKernel> load(std::shared_ptr<Context> context,
                                                          const Program& program,
                                                          std::span<const Binary> binaries,
                                                          RunReport& failure);
    ~CudaKernel() override;
    CudaKernel(const CudaKernel&) = delete;
    CudaKernel& operator=(const CudaKernel&) = delete;

    [[nodiscard]] std::size_t workspace_bytes(const Problem& problem) const noexcept override;
    [[nodiscard]] Status launch(const Problem& problem, std::span<const Tensor> operands,
                                std::span<void* const> prepared, void* workspace,
                                Stream stream) const noexcept override;
    [[nodiscard]] Status prepare(int index, const Problem& problem,
                                 std::span<const Tensor> operands, void* out,
                                 Stream stream) const noexcept override;

    // What a launch showed: the driver's own word, where it has one.
    struct Launched {
        Status status = Status::ok;
        api::Result result = api::Result::success;
        int step = 0;           // the last that was tried
        int library_status = 0; // of its entry, where that is a library's
    };
    [[nodiscard]] Launched enqueue(const LaunchInputs& inputs, api::Stream stream) const noexcept;
    [[nodiscard]] const std::string& step_name(int step) const;

  private:
    // One step with its entry: a function of the driver or of a library.
    struct Entry {
        Step step;
        api::Function function = nullptr;
        hone_stream_entry library = nullptr;
    };

    explicit CudaKernel(std::shared_ptr<Context> context) : context_(std::move(context)) {}
    [[nodiscard]] Launched run(std::span<const Entry> entries, const LaunchInputs& inputs,
                               api::Stream stream) const noexcept;
    [[nodiscard]] api::Result start(const Entry& entry, const Problem& problem,
                                    ArgumentBlock& arguments, api::Stream stream) const noexcept;
    [[nodiscard]] Launched zero(const LaunchInputs& inputs, api::Stream stream) const noexcept;

    struct Loader;

    std::shared_ptr<Context> context_;
    std::vector<api::Module> modules_;
    std::vector<Entry> steps_;
    std::vector<std::vector<Entry>> preparations_;
    std::vector<ZeroInit> zero_init_;
    Extent workspace_bytes_;
};

} // namespace hone::cuda
