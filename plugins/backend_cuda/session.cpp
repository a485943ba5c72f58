#include "session.hpp"

#include "fault.hpp"
#include "measure.hpp"

namespace hone::cuda {
namespace {

api::Address address(const Memory& memory, std::size_t offset, std::size_t bytes) {
    if (offset > memory.size() || bytes > memory.size() - offset)
        throw Error(Errc::internal, "copy of " + std::to_string(bytes) + " bytes at offset " +
                                        std::to_string(offset) + " of a buffer of " +
                                        std::to_string(memory.size()));
    return reinterpret_cast<api::Address>(memory.data()) + offset;
}

} // namespace

OwnStream::OwnStream(std::shared_ptr<Context> context) : context_(std::move(context)) {
    const Context::Current current(*context_);
    const Driver& driver = context_->driver();
    driver.require(current.result(), "cuCtxPushCurrent");
    // Ordered with the default stream, on which preparations run and copies are made.
    constexpr unsigned blocking = 0;
    driver.require(driver.stream_create(&stream_, blocking), "cuStreamCreate");
}

OwnStream::~OwnStream() {
    const Context::Current current(*context_);
    (void)context_->driver().stream_destroy(stream_);
}

CudaSession::CudaSession(std::shared_ptr<Context> context, const Nvml& nvml,
                         const std::string& bus_id)
    : context_(std::move(context)), stream_(context_), card_(nvml, bus_id) {}

void CudaSession::require(api::Result result, const char* what) const {
    if (result == api::Result::success) return;
    if (is_lost(result)) throw device_lost(context_->driver(), result);
    context_->driver().require(result, what);
}

Session::Loaded CudaSession::load(const Program& program, std::span<const Binary> binaries) {
    RunReport failure;
    Loaded loaded;
    loaded.kernel = CudaKernel::load(context_, program, binaries, failure);
    loaded.outcome = failure.outcome;
    loaded.detail = std::move(failure.detail);
    if (!loaded.kernel && loaded.outcome == Outcome::ok) loaded.outcome = Outcome::launch_failed;
    return loaded;
}

std::unique_ptr<Memory> CudaSession::allocate(std::size_t bytes, MemoryUse use) {
    return GuardedMemory::allocate(context_, bytes, use);
}

void CudaSession::upload(Memory& to, std::size_t offset, std::span<const std::byte> from) {
    const api::Address begin = address(to, offset, from.size());
    if (from.empty()) return;
    const Context::Current current(*context_);
    require(context_->driver().copy_to_device(begin, from.data(), from.size()), "cuMemcpyHtoD");
}

void CudaSession::download(const Memory& from, std::size_t offset, std::span<std::byte> to) {
    const api::Address begin = address(from, offset, to.size());
    if (to.empty()) return;
    const Context::Current current(*context_);
    require(context_->driver().copy_to_host(to.data(), begin, to.size()), "cuMemcpyDtoH");
}

void CudaSession::fill(Memory& to, std::byte value) {
    if (to.size() == 0) return;
    const Context::Current current(*context_);
    require(context_->driver().fill(address(to, 0, to.size()),
                                    std::to_integer<unsigned char>(value), to.size(), nullptr),
            "cuMemsetD8Async");
}

RunReport CudaSession::check_guards(const Memory& memory) {
    const auto* guarded = dynamic_cast<const GuardedMemory*>(&memory);
    return guarded ? guarded->check() : RunReport{};
}

RunReport CudaSession::run(const Launch& launch) {
    const auto* kernel = dynamic_cast<const CudaKernel*>(launch.kernel);
    if (!kernel || !launch.problem)
        throw Error(Errc::internal, "a launch without a kernel of this backend or a problem");
    const Context::Current current(*context_);
    const std::span<const Tensor> operands =
        launch.operand_sets.empty() ? std::span<const Tensor>{} : launch.operand_sets.front();
    const CudaKernel::Launched launched = kernel->enqueue(
        {*launch.problem, operands, launch.prepared, launch.workspace}, stream_.get());
    const Driver& driver = context_->driver();
    if (launched.result != api::Result::success)
        return report(driver, launched.result, "launching " + kernel->step_name(launched.step));
    if (launched.library_status != 0)
        return {Outcome::launch_failed,
                kernel->step_name(launched.step) + " gave status " +
                    std::to_string(launched.library_status),
                false};
    if (launched.status != Status::ok)
        return {Outcome::launch_failed, to_string(launched.status), false};
    return report(driver, driver.stream_synchronize(stream_.get()), "running the kernel");
}

std::vector<Samples> CudaSession::measure(std::span<const Launch> launches, const Policy& policy,
                                          int rounds,
                                          std::chrono::steady_clock::time_point deadline) {
    const Context::Current current(*context_);
    return cuda::measure(*context_, stream_.get(), card_, launches, policy, rounds, deadline);
}

RunReport CudaSession::synchronize() {
    const Context::Current current(*context_);
    const Driver& driver = context_->driver();
    return report(driver, driver.context_synchronize(), "running the kernel");
}

} // namespace hone::cuda
