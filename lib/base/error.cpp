#include "hone/error.hpp"

#include <utility>

namespace hone {

int exit_code(Errc code) noexcept {
    switch (code) {
    case Errc::internal:
        return 1;
    case Errc::usage:
        return 2;
    case Errc::workload:
        return 3;
    case Errc::unavailable:
        return 4;
    case Errc::no_candidate:
        return 5;
    case Errc::check_failed:
        return 6;
    case Errc::not_kept:
        return 7;
    case Errc::device_lost:
        return 75;
    }
    return 1;
}

Error::Error(Errc code, const std::string& what, std::string hint)
    : std::runtime_error(what), code_(code), hint_(std::move(hint)) {}

// Defined here so that the type's table lives in libhone and plugins catch the same type.
Error::~Error() = default;

const char* to_string(Status status) noexcept {
    switch (status) {
    case Status::ok:
        return "ok";
    case Status::not_found:
        return "not_found";
    case Status::invalid_argument:
        return "invalid_argument";
    case Status::workspace_too_small:
        return "workspace_too_small";
    case Status::device_error:
        return "device_error";
    case Status::internal:
        return "internal";
    }
    return "unknown status";
}

} // namespace hone
