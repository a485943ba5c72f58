#include "fault.hpp"

namespace hone::cuda {

using api::Result;

// The driver's reference says of each of these that the process must be ended and started again.
bool is_sticky(Result result) noexcept {
    switch (result) {
    case Result::ecc_uncorrectable:
    case Result::nvlink_uncorrectable:
    case Result::contained:
    case Result::illegal_address:
    case Result::launch_timeout:
    case Result::context_is_destroyed:
    case Result::assertion:
    case Result::hardware_stack_error:
    case Result::illegal_instruction:
    case Result::misaligned_address:
    case Result::invalid_address_space:
    case Result::invalid_pc:
    case Result::launch_failed:
    case Result::tensor_memory_leak:
    case Result::mps_client_terminated:
    case Result::deinitialized:
    case Result::unknown:
        return true;
    default:
        return false;
    }
}

bool is_lost(Result result) noexcept {
    switch (result) {
    case Result::ecc_uncorrectable:
    case Result::nvlink_uncorrectable:
    case Result::contained:
    case Result::device_unavailable:
    case Result::no_device:
    case Result::system_not_ready:
    case Result::system_driver_mismatch:
    case Result::mps_client_terminated:
    case Result::unknown:
        return true;
    default:
        return false;
    }
}

Outcome outcome_of(Result result) noexcept {
    switch (result) {
    case Result::success:
        return Outcome::ok;
    case Result::out_of_memory:
        return Outcome::out_of_memory;
    case Result::illegal_address:
    case Result::misaligned_address:
    case Result::invalid_address_space:
    case Result::invalid_pc:
        return Outcome::illegal_access;
    case Result::launch_timeout:
        return Outcome::hang;
    case Result::assertion:
    case Result::hardware_stack_error:
    case Result::illegal_instruction:
    case Result::launch_failed:
    case Result::tensor_memory_leak:
        return Outcome::crash;
    default:
        return Outcome::launch_failed;
    }
}

RunReport report(const Driver& driver, Result result, std::string_view what) {
    if (result == Result::success) return {};
    if (is_lost(result)) throw device_lost(driver, result);
    return {outcome_of(result), std::string(what) + ": " + driver.text(result), is_sticky(result)};
}

Error device_lost(const Driver& driver, Result result) {
    return {Errc::device_lost, "the GPU is lost: " + driver.text(result),
            "look into the kernel's log for Xid messages of the NVIDIA driver; the card may need a "
            "reset"};
}

} // namespace hone::cuda
