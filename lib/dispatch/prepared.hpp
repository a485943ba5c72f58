// Constant operands in the layouts that programs want them in: one for each (operand, layout),
// however many bindings use it.
#pragma once

#include "hone/backend.hpp"
#include "lib/dispatch/table.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace hone::dispatch {

// Any thread. What shares point at goes with it, at the latest.
class PreparedOperands final {
  public:
    struct Share {
        void* data = nullptr;
        std::shared_ptr<const void> hold; // the memory stays while one of these lives
    };

    // `served` prepares its operand number `which`, unless that was done for a problem that differs
    // in nothing the prepared form depends on (for weights: all but m) and a share of it lives.
    // Blocks until it is there. Throws Error(unavailable).
    [[nodiscard]] Share share(Session& session, const Served& served, int which,
                              const Problem& problem, std::span<const Tensor> operands);

    // Prepared forms that are held in memory, among them those that nobody needs any more and the
    // next share() frees.
    [[nodiscard]] std::size_t count() const;

  private:
    // What makes two prepared forms the same. The layout's name is versioned and says how elements
    // lie, so that neither the config nor the other dims matter.
    struct Key {
        std::string family, layout;
        Problem problem; // dims that the form does not depend on are zero
        const void* data = nullptr;
        decltype(Tensor::strides) strides{};
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct Form {
        Key key;
        std::unique_ptr<Memory> memory;
        std::weak_ptr<const void> held;
    };

    mutable std::mutex mutex_;
    std::vector<Form> forms_;
};

} // namespace hone::dispatch
