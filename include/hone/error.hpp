// What a user or machine error looks like, and the status codes of the noexcept paths.
#pragma once

#include <stdexcept>
#include <string>

namespace hone {

// Why a call failed. The command line maps each value to its exit code (see exit_code).
enum class Errc {
    internal,     // a broken invariant of hone itself
    usage,        // the call or command line is malformed
    workload,     // a workload, problem text or configuration file is invalid
    unavailable,  // no such device, compiler, plugin, family or store
    no_candidate, // no correct candidate exists for some problem
    check_failed, // a check the user asked for did not hold
    not_kept,     // results exist but could not be stored
    device_lost,  // the device died; another machine may work
};

// 1, 2, 3, 4, 5, 6, 7, 75 in the order above.
[[nodiscard]] int exit_code(Errc code) noexcept;

// A user or machine error. `what()` says what failed and where (`file:line:col: ...` when a text
// caused it); `hint()` says what to do about it and may be empty.
// A failing candidate is never an Error: it is a Trial with an Outcome.
class Error : public std::runtime_error {
  public:
    Error(Errc code, const std::string& what, std::string hint = {});
    ~Error() override;

    [[nodiscard]] Errc code() const noexcept { return code_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

  private:
    Errc code_;
    std::string hint_;
};

// What the noexcept paths (Dispatcher::launch, the C ABI) return.
enum class Status : int {
    ok = 0,
    not_found = 1,        // no loaded program serves the problem within the contract
    invalid_argument = 2, // wrong number of tensors, null data, unsupported stride
    workspace_too_small = 3,
    device_error = 4, // the device runtime refused the launch
    internal = 5,
};

[[nodiscard]] const char* to_string(Status status) noexcept;

} // namespace hone
