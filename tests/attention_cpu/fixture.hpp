// Plugins, a session, and runs of attention candidates judged by the verifier.
#pragma once

#include "hone/attention.hpp"
#include "hone/backend.hpp"
#include "hone/family.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace hone::test {

[[nodiscard]] const KernelFamily& family(std::string_view name = "attention_cpu");
// Null where the backend is left out or has no compiler.
[[nodiscard]] const Backend* backend();

// "attention q_len=4 ...", as in a workload file.
[[nodiscard]] Problem parsed(std::string_view text);

// Runs candidates on one device.
class AttentionRunner {
  public:
    // `features`: instruction sets that kernels may use at most; empty: all of this machine.
    explicit AttentionRunner(std::string_view spec = {}, std::vector<std::string> features = {});
    ~AttentionRunner();

    [[nodiscard]] const DeviceModel& model() const { return device_.model; }

    // What is wrong with the results on any of the verifier's operand sets, or empty. `contract`:
    // whether the total error must be within the default contract.
    [[nodiscard]] std::string check(const KernelFamily& family, const Problem& problem,
                                    const Config& config, std::uint64_t seed, bool contract = true);
    // Results of a program that was emitted for another problem of the same bucket.
    [[nodiscard]] std::string check(const Program& program, const Problem& problem,
                                    std::uint64_t seed, bool contract = true);

  private:
    Device device_;
    std::unique_ptr<Session> session_;
    std::map<Digest, CompileResult> compiled_; // the fallback's modules are those of many problems
};

} // namespace hone::test
