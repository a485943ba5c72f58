#include "cache/memory_store.hpp"
#include "cache/tiers.hpp"
#include "hone/error.hpp"
#include "hone/winner.hpp"
#include "tests/cache/facts.hpp"
#include "tests/catch.hpp"

#include <stdexcept>

using hone::Record;
using hone::Store;
using hone::cache::MemoryStore;

namespace {

// Fails at everything, or only refuses to be written.
class BrokenStore final : public Store {
  public:
    explicit BrokenStore(bool writable) : writable_(writable) {}
    [[nodiscard]] std::string url() const override { return "broken:"; }
    [[nodiscard]] bool writable() const override { return writable_; }
    hone::Appended append(std::span<const Record>) override {
        throw hone::Error(hone::Errc::not_kept, "disk full");
    }
    [[nodiscard]] std::vector<Record> read(std::string_view, std::string_view) override {
        throw std::runtime_error("connection reset");
    }
    [[nodiscard]] hone::Page since(const hone::Cursor&, std::size_t) override { return {}; }
    [[nodiscard]] std::uint64_t damaged() const override { return 0; }
    void put_derived(std::string_view, std::string_view, std::string_view,
                     std::span<const std::byte>) override {}
    [[nodiscard]] std::optional<std::vector<std::byte>>
    get_derived(std::string_view, std::string_view, std::string_view) override {
        return std::nullopt;
    }

  private:
    bool writable_;
};

Record fact(std::uint32_t revision) {
    hone::Fact fact = hone::test::full_fact();
    fact.revision = revision;
    return hone::encode(fact);
}

const std::string problem = hone::test::full_fact().problem;
const std::string device = hone::test::full_fact().device;

} // namespace

TEST_CASE("reading several stores gives their union, each record once", "[cache]") {
    MemoryStore one, two;
    one.append(std::vector{fact(1), fact(2)});
    two.append(std::vector{fact(2), fact(3)});
    const std::vector<Store*> stores = {&one, &two};
    const auto all = hone::cache::read_all(stores, problem, device, {});
    CHECK(all == hone::merge(std::vector{fact(1), fact(2), fact(3)}, {}));
}

TEST_CASE("a store that fails is warned about and stops no other", "[cache]") {
    MemoryStore good;
    BrokenStore broken(true), read_only(false);
    const std::vector<Store*> stores = {&broken, &read_only, &good};
    std::vector<std::string> warnings;
    const auto warn = [&](std::string text) { warnings.push_back(std::move(text)); };

    CHECK(hone::cache::append_all(stores, std::vector{fact(1)}, warn));
    CHECK(warnings == std::vector<std::string>{"broken:: disk full"});
    warnings.clear();
    CHECK(hone::cache::read_all(stores, problem, device, warn) == std::vector{fact(1)});
    CHECK(warnings == std::vector<std::string>(2, "broken:: connection reset"));
}

TEST_CASE("records that no store keeps are not said to be kept", "[cache]") {
    BrokenStore broken(true), read_only(false);
    const std::vector<Store*> stores = {&broken, &read_only};
    CHECK_FALSE(hone::cache::append_all(stores, std::vector{fact(1)}, {}));
    CHECK_FALSE(hone::cache::append_all({}, std::vector{fact(1)}, {}));
}
