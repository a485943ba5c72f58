// Serving: an immutable table of loaded programs, looked up without a lock.
#pragma once

#include "hone/backend.hpp"
#include "hone/contract.hpp"
#include "hone/plan.hpp"
#include "hone/registry.hpp"
#include "hone/workload.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone {

// How good an answer is.
enum class Match : std::uint8_t { none, exact, bucket, neighbour, fallback };
[[nodiscard]] std::string_view to_string(Match match) noexcept;

struct DispatchOptions {
    SessionOptions session;
    // Compile what no store or binary cache has. A sealed dispatcher never compiles whatever this
    // says.
    bool compile = true;
};

struct LookupInfo {
    Match match = Match::none;
    std::string family, config;
    std::string tier;       // "snapshot", a store's URL, or "fallback"
    double expected_ns = 0; // 0: not measured
    std::size_t workspace_bytes = 0;
};

// A problem, its program and its operands, ready to launch. Valid while its dispatcher lives.
struct Bound {
    const Kernel* kernel = nullptr;
    Problem problem;
    std::vector<Tensor> operands;
    std::vector<void*> prepared;
    void* workspace = nullptr;
    std::size_t workspace_bytes = 0; // needed; set `workspace` to that much before launching
};

// warm, seal and bind may be called from one thread at a time, while launch runs on any number of
// others.
class Dispatcher {
  public:
    // Throws Error(unavailable) when the device cannot be opened. Registry and stores must outlive
    // it.
    Dispatcher(const Registry& registry, const Options& options, const Device& device,
               std::span<Store* const> stores, DispatchOptions dispatch_options = {});
    ~Dispatcher();
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    // Loads the winner of every problem, and the fallback of every (operation, dtypes, layout,
    // flags) among them. Returns how each item will be served, in order. Throws Error(usage) when
    // sealed.
    std::vector<LookupInfo> warm(std::span<const WorkloadItem> items);
    // Loads exactly the plan; throws Error(check_failed) when an entry cannot be had as planned.
    void warm(const Plan& plan);
    // From here on nothing is compiled or loaded.
    void seal() noexcept;
    [[nodiscard]] bool sealed() const noexcept;

    // What would be launched. Takes no lock, allocates nothing; nothing served: null.
    [[nodiscard]] const Kernel* find(const Problem& problem,
                                     const Contract& contract) const noexcept;
    [[nodiscard]] LookupInfo explain(const Problem& problem, const Contract& contract) const;

    // Throws Error(unavailable) when nothing serves the problem within the contract, Error(usage)
    // when the operands do not fit the operation.
    [[nodiscard]] Bound bind(const Problem& problem, const Contract& contract,
                             std::span<const Tensor> operands);
    [[nodiscard]] static Status launch(const Bound& bound, Stream stream = {}) noexcept;
    // Looks up and launches. No lock, no allocation, no compiling.
    [[nodiscard]] Status launch(const Problem& problem, const Contract& contract,
                                std::span<const Tensor> operands, void* workspace,
                                std::size_t workspace_bytes, Stream stream = {}) const noexcept;

    // The frozen list of what this dispatcher serves.
    [[nodiscard]] Plan plan() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace hone
