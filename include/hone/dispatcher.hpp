// Serving: an immutable table of loaded programs, looked up without a lock.
#pragma once

#include "hone/backend.hpp"
#include "hone/contract.hpp"
#include "hone/plan.hpp"
#include "hone/registry.hpp"
#include "hone/workload.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone {

namespace dispatch {
class OperandRules;
}

// How good an answer is. exact: tuned for this problem; bucket: for another one that its family
// serves by the same program; neighbour: for another one of equal dtypes, layout and flags, whose
// program is the one this problem would get and was proved there; fallback: shape-generic.
enum class Match : std::uint8_t { none, exact, bucket, neighbour, fallback };
[[nodiscard]] std::string_view to_string(Match match) noexcept;

struct DispatchOptions {
    SessionOptions session = {};
    // Compile what no store or binary cache has. A sealed dispatcher never compiles whatever this
    // says.
    bool compile = true;
    // Serve what won a neighbouring problem where nothing was tuned for this one
    // (Match::neighbour).
    bool neighbours = true;
    // Receives one line for each thing that could not be had. Null: they go to stderr.
    std::function<void(std::string)> warn = {};
};

struct LookupInfo {
    Match match = Match::none;
    std::string family, config;
    std::string tier;       // a store's URL, "plan", "bucket", "neighbour" or "fallback"
    double expected_ns = 0; // 0: not measured
    std::size_t workspace_bytes = 0;
    // Where another problem than those warmed was tuned: which (canonical text), and how much
    // slower than the best it is expected to be here (0.1: a tenth), as the mean of what its config
    // lost on that many other problems of the class (docs/serving.md). No problems: nothing is
    // known of that.
    std::string neighbour;
    double expected_loss = 0;
    int loss_problems = 0;
};

// A problem, its program and its operands, ready to launch. Valid while its dispatcher lives.
struct Bound {
    const Kernel* kernel = nullptr;
    Problem problem;
    std::vector<Tensor> operands;
    std::vector<void*> prepared;
    std::vector<std::shared_ptr<const void>>
        held; // what `prepared` points at stays while one lives
    void* workspace = nullptr;
    std::size_t workspace_bytes = 0; // needed; set `workspace` to that much before launching
    // Operands filled in after binding are checked by it at each launch, as bind checks its own.
    std::shared_ptr<const dispatch::OperandRules> rules;
};

// warm and seal may be called from one thread at a time, bind from any number while nobody warms,
// and launch from any number at any time.
class Dispatcher {
  public:
    // Throws Error(unavailable) when the device cannot be opened. Registry and stores must outlive
    // it.
    Dispatcher(const Registry& registry, const Options& options, const Device& device,
               std::span<Store* const> stores, const DispatchOptions& dispatch_options = {});
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
    // that names the operand when one does not fit: null, of another stride or shape, not aligned
    // as its class says, or with a leading dimension that is too small. No operands: given later.
    // Constant operands are prepared here where the program wants that: once for each operand and
    // layout, shared by all bindings of it whatever their other dims (weights: their m). They must
    // not change, nor their memory be given to others, while one of these bindings lives.
    [[nodiscard]] Bound bind(const Problem& problem, const Contract& contract,
                             std::span<const Tensor> operands);
    [[nodiscard]] static Status launch(const Bound& bound, Stream stream = {}) noexcept;
    // Looks up and launches. No lock and no compiling, and no allocation for a problem that was
    // warmed or planned; for another one the operation lists its operands in host memory first. The
    // operands are checked as bind does: invalid_argument. workspace_too_small: a null `workspace`
    // or fewer `workspace_bytes` than the program needs; that the memory is as large as said is the
    // caller's word, here and in Bound.
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
