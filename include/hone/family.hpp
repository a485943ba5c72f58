// A family emits programs for an operation on a backend. Vendor libraries are families too.
#pragma once

#include "hone/device.hpp"
#include "hone/program.hpp"
#include "hone/space.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hone {

struct Support {
    bool yes = false;
    std::string reason; // why not, for the report
};

// Which dims a compiled program is specialised for; all others are run-time arguments, and a
// program tuned for a value may serve any other value of the same bucket.
struct StaticDims {
    std::vector<int> baked; // slots in Problem::dims
    struct Bucket {
        int dim = 0;
        std::vector<std::int64_t> upper_bounds; // increasing; values above the last share a bucket
    };
    std::vector<Bucket> buckets;
};

// Families are stateless and safe to use from several threads.
class KernelFamily {
  public:
    virtual ~KernelFamily() = default;

    [[nodiscard]] virtual std::string name() const = 0;
    // Raised when the same config would emit something else, so that old facts are seeds only.
    [[nodiscard]] virtual int revision() const = 0;
    [[nodiscard]] virtual std::string operation() const = 0;
    [[nodiscard]] virtual std::string backend() const = 0;
    // A vendor family wraps a library: it competes in finals and is reported beside hone's own.
    [[nodiscard]] virtual bool vendor() const { return false; }
    // Whether its programs may run inside a host application.
    [[nodiscard]] virtual bool servable() const { return true; }
    // Programs of vendor families name the library's version; empty when the library is absent.
    [[nodiscard]] virtual std::string library_version() const { return {}; }

    [[nodiscard]] virtual Support supports(const Problem& problem,
                                           const DeviceModel& device) const = 0;
    [[nodiscard]] virtual SearchSpace space(const Problem& problem,
                                            const DeviceModel& device) const = 0;
    // A shape-generic config that is right for every problem of the same dtypes, layout and flags.
    // Nothing when the family has none.
    [[nodiscard]] virtual std::optional<Config> fallback(const Problem& problem,
                                                         const DeviceModel& device) const = 0;
    // Configs worth measuring first, best guess first. May be empty.
    [[nodiscard]] virtual std::vector<Config> seeds(const Problem&, const DeviceModel&) const {
        return {};
    }
    [[nodiscard]] virtual StaticDims static_dims(const Problem& problem) const = 0;
    // Deterministic. Throws Error(workload) when the config is not one of the space; the caller
    // records that as invalid_config.
    [[nodiscard]] virtual Program emit(const Problem& problem, const Config& config,
                                       const DeviceModel& device) const = 0;
    // Named numbers a surrogate may learn from (shared memory, registers, waves). Same names for
    // every config of one space.
    [[nodiscard]] virtual std::vector<std::pair<std::string, double>>
    features(const Problem&, const Config&, const DeviceModel&) const {
        return {};
    }
};

} // namespace hone
