// The binary bundles that the user named, for one backend.
#pragma once

#include "hone/backend.hpp"
#include "hone/options.hpp"
#include "lib/device/binary_bundle.hpp"

#include <string_view>
#include <vector>

namespace hone {

class BundleShelf final {
  public:
    BundleShelf() = default;
    // Reads all of them and keeps those of the backend. Throws what BinaryBundle::read throws, and
    // Error(unavailable) for one whose code the driver here is too old to load: what a driver
    // refuses would fail program by program, and say less.
    BundleShelf(const NamedBundles& named, const Backend& backend);

    // Null when none has the module. In the order in which they were named.
    [[nodiscard]] const Binary* find(const Module& module, std::string_view arch) const;
    [[nodiscard]] bool empty() const noexcept { return bundles_.empty(); }

  private:
    std::vector<BinaryBundle> bundles_;
};

} // namespace hone
