#include "lib/device/bundle_shelf.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace hone {

namespace {

std::string version_text(std::int64_t version) {
    return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

void require_driver(const std::filesystem::path& file, const BinaryBundle& bundle,
                    const Backend& backend) {
    const std::int64_t driver = backend.driver_version();
    if (driver == 0 || driver >= bundle.minimum_driver) return;
    throw Error(Errc::unavailable,
                fmt::format("binary bundle {}: it was compiled by {} and needs a driver for CUDA "
                            "{}, the one here is for CUDA {}",
                            file.string(), bundle.compiler, version_text(bundle.minimum_driver),
                            version_text(driver)),
                "update the driver, or make the bundle with an older compiler");
}

} // namespace

BundleShelf::BundleShelf(const NamedBundles& named, const Backend& backend) {
    for (const auto& file : named.files) {
        BinaryBundle bundle = BinaryBundle::read(file, named.key);
        if (bundle.backend != backend.name()) continue;
        require_driver(file, bundle, backend);
        bundles_.push_back(std::move(bundle));
    }
}

const Binary* BundleShelf::find(const Module& module, std::string_view arch) const {
    for (const BinaryBundle& bundle : bundles_)
        if (const Binary* binary = bundle.get(module, arch)) return binary;
    return nullptr;
}

} // namespace hone
