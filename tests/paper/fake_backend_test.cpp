// The fake backend is a plugin like any other; tests/fake_backend shows its manners one by one.
#include "hone/registry.hpp"
#include "tests/catch.hpp"
#include "tests/paths.hpp"

using namespace hone;

TEST_CASE("paper: a fake backend with CUDA's manners", "[paper]") {
    Options options;
    options.plugin_folders = {hone::test::fake_plugin_dir()};
    const Registry registry(options);
    const Backend& backend = registry.backend("fake");
    CHECK(backend.isolation() == Isolation::respawn_on_fault);
    CHECK_FALSE(backend.shares_cores());
    const std::vector<Device> devices = registry.devices("fake");
    REQUIRE(devices.size() == 1);

    // A host that serves brings its own context and streams; a tool brings neither.
    SessionOptions serving;
    serving.adopt_context = nullptr;
    const auto session = backend.open(devices[0], serving);
    CHECK(session->synchronize().outcome == Outcome::ok);
    CHECK(registry.family("fake_vendor").vendor());
}
