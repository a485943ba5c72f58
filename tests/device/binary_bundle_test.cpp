#include "hone/error.hpp"
#include "lib/device/binary_bundle.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace hone;
namespace fs = std::filesystem;

namespace {

const std::string seed(64, '7');

Module module_named(const std::string& name) {
    Module module;
    module.name = name;
    module.source = "__global__ void k() {}";
    module.options = {"-DTILE=8"};
    return module;
}

Binary binary(std::byte value) {
    return {"cubin", std::vector<std::byte>(1000, value), {255, 8, 16, 1024}};
}

BinaryBundle bundle() {
    BinaryBundle made;
    made.backend = "cuda";
    made.compiler = "nvrtc 13.0";
    made.minimum_driver = 13000;
    made.put(module_named("a"), "sm_80", binary(std::byte{1}));
    made.put(module_named("a"), "sm_90a", binary(std::byte{2}));
    return made;
}

class File final {
  public:
    [[nodiscard]] fs::path path() const { return folder_ / "kernels.bundle"; }
    [[nodiscard]] std::string text() const {
        std::ifstream in(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void set(const std::string& text) const { std::ofstream(path(), std::ios::binary) << text; }

  private:
    hone::test::Folder folder_;
};

std::string refusal(const fs::path& path, const std::string& trusted = {}) {
    try {
        (void)BinaryBundle::read(path, trusted);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("a bundle gives back what was put in, by module and architecture", "[device]") {
    const File file;
    bundle().write(file.path());
    const BinaryBundle read = BinaryBundle::read(file.path());
    CHECK(read.backend == "cuda");
    CHECK(read.compiler == "nvrtc 13.0");
    CHECK(read.minimum_driver == 13000);
    CHECK(read.architectures() == std::set<std::string>{"sm_80", "sm_90a"});
    const Binary* found = read.get(module_named("a"), "sm_90a");
    REQUIRE(found);
    CHECK(found->bytes == binary(std::byte{2}).bytes);
    CHECK(found->format == "cubin");
    CHECK(found->resources.registers == 255);
    CHECK(found->resources.shared_bytes == 1024);
    CHECK_FALSE(read.get(module_named("b"), "sm_80"));
    CHECK_FALSE(read.get(module_named("a"), "sm_86"));
    Module other = module_named("a");
    other.options = {"-DTILE=16"};
    CHECK_FALSE(read.get(other, "sm_80"));
}

TEST_CASE("a bundle is taken from the signer that is trusted only", "[device]") {
    const File file;
    const std::string key = BinaryBundle::public_key(seed);
    bundle().write(file.path());
    CHECK(refusal(file.path()).empty());
    CHECK(refusal(file.path(), key).find("not signed by") != std::string::npos);
    bundle().write(file.path(), seed);
    CHECK(refusal(file.path()).empty());
    CHECK(refusal(file.path(), key).empty());
    const std::string other = BinaryBundle::public_key(std::string(64, '8'));
    CHECK(refusal(file.path(), other).find("not signed by") != std::string::npos);
    CHECK_THROWS_AS(bundle().write(file.path(), "too short"), Error);
}

TEST_CASE("a damaged bundle is refused wherever the damage is", "[device]") {
    const File file;
    bundle().write(file.path(), seed);
    const std::string good = file.text();
    for (std::size_t at = 0; at < good.size(); at += 3) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x20);
        file.set(bad);
        CAPTURE(at);
        CHECK_FALSE(refusal(file.path()).empty());
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, good.size() - 1}) {
        file.set(good.substr(0, size));
        CHECK_FALSE(refusal(file.path()).empty());
    }
    CHECK_FALSE(refusal(file.path().parent_path() / "nowhere").empty());
}

TEST_CASE("bundles of one compiler become one, of two they do not", "[device]") {
    BinaryBundle whole = bundle();
    BinaryBundle more = bundle();
    more.put(module_named("b"), "sm_80", binary(std::byte{3}));
    whole.merge(more);
    CHECK(whole.size() == 3);
    more.compiler = "nvrtc 12.4";
    CHECK_THROWS_AS(whole.merge(more), Error);
}
