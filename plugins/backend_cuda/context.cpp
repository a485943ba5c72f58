#include "context.hpp"

namespace hone::cuda {

std::shared_ptr<Context> Context::primary(std::shared_ptr<const Driver> driver, int ordinal) {
    api::Device device = 0;
    driver->require(driver->device_get(&device, ordinal), "cuDeviceGet");
    api::Context handle = nullptr;
    driver->require(driver->primary_retain(&handle, device), "cuDevicePrimaryCtxRetain");
    std::shared_ptr<Context> context{new Context(std::move(driver), handle)};
    context->retained_ = device;
    return context;
}

std::shared_ptr<Context> Context::adopt(std::shared_ptr<const Driver> driver, void* context) {
    return std::shared_ptr<Context>{
        new Context(std::move(driver), static_cast<api::Context>(context))};
}

Context::~Context() {
    if (retained_) (void)driver_->primary_release(*retained_);
}

Context::Current::Current(const Context& context) noexcept : driver_(context.driver()) {
    api::Context now = nullptr;
    result_ = driver_.context_current(&now);
    // Usually it is: serving threads of the host have theirs current.
    if (result_ != api::Result::success || now == context.handle_) return;
    result_ = driver_.context_push(context.handle_);
    pushed_ = result_ == api::Result::success;
}

Context::Current::~Current() {
    api::Context ours = nullptr;
    if (pushed_) (void)driver_.context_pop(&ours);
}

} // namespace hone::cuda
