// From what the facts say to a program in memory.
#pragma once

#include "hone/options.hpp"
#include "hone/plan.hpp"
#include "hone/registry.hpp"
#include "lib/device/binary_cache.hpp"
#include "lib/device/bundle_shelf.hpp"
#include "lib/dispatch/neighbours.hpp"
#include "lib/dispatch/table.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace hone::dispatch {

// One thread at a time.
class Loader final {
  public:
    // Throws Error(unavailable) when the device cannot be opened.
    Loader(const Registry& registry, const Options& options, const Device& device,
           std::span<Store* const> stores, const DispatchOptions& dispatch_options);

    // The winner of the problem among the families that may run in a host; null when no store has
    // one, or it cannot be built here (that is one line in `warnings`).
    [[nodiscard]] std::shared_ptr<const Served> winner_of(const WorkloadItem& item);
    // What won another problem of the class, where its config is legal for this one and gives the
    // very program that was proved there: of the same bucket if there is one (Match::bucket), else
    // the nearest (Match::neighbour). Null when there is none. Never becomes a fact.
    [[nodiscard]] std::shared_ptr<const Served> neighbour_of(const WorkloadItem& item);
    // The shape-generic program of the problem's class; null when no family has one.
    [[nodiscard]] std::shared_ptr<const Served> fallback_of(const WorkloadItem& item);
    // Exactly what a plan names. Throws Error(check_failed) that says what differs.
    [[nodiscard]] std::shared_ptr<const Served> planned(const PlanEntry& entry);

    [[nodiscard]] Session& session() noexcept { return *session_; }
    [[nodiscard]] const Device& device() const noexcept { return device_; }

  private:
    [[nodiscard]] std::shared_ptr<Served> load(const WorkloadItem& item, const KernelFamily& family,
                                               const std::string& config, std::string& why_not);
    [[nodiscard]] std::optional<Binary> binary_of(const Module& module, std::string& why_not);
    // What the facts choose for the problem; `tier` is the first store that has any of them.
    [[nodiscard]] std::optional<Standing> standing_of(const WorkloadItem& item, std::string& tier);
    [[nodiscard]] std::vector<Record> records_of(const WorkloadItem& item, std::string& tier);
    // Facts hold choices of any hone: those that this one would not make the same way are seeds for
    // tuning and nothing to serve.
    void keep_servable(std::vector<Fact>& facts, const WorkloadItem& item) const;
    [[nodiscard]] bool proved_for(const WorkloadItem& item, const KernelFamily& family,
                                  const Standing& standing) const;

    const Registry& registry_;
    const Device device_;
    const Backend& backend_;
    const std::vector<Store*> stores_;
    const BinaryCache cache_;
    const BundleShelf bundles_;
    const std::string compile_key_;
    const bool compile_;
    const std::function<void(std::string)> warn_;
    Neighbours neighbours_;
    std::unique_ptr<Session> session_;
};

} // namespace hone::dispatch
