#include "lib/device/binary_cache.hpp"
#include "tests/catch.hpp"
#include "tests/paths.hpp"
#include "tests/seed.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace hone;

namespace {

std::filesystem::path fresh_folder(const std::string& name) {
    std::filesystem::path folder =
        std::filesystem::path(hone::test::binary_dir()) / "tests" / "binary_cache" / name;
    std::filesystem::remove_all(folder);
    return folder;
}

Binary binary_of(std::size_t size) {
    Binary binary{"elf-object", std::vector<std::byte>(size), {64, 8, 16, 1024}};
    for (std::size_t i = 0; i < size; ++i) binary.bytes[i] = static_cast<std::byte>(i * 7);
    return binary;
}

bool same(const Binary& a, const Binary& b) {
    return a.format == b.format && a.bytes == b.bytes &&
           a.resources.registers == b.resources.registers &&
           a.resources.spill_bytes == b.resources.spill_bytes &&
           a.resources.stack_bytes == b.resources.stack_bytes &&
           a.resources.shared_bytes == b.resources.shared_bytes;
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
}

const Digest key = digest(std::string_view("a module"));

} // namespace

TEST_CASE("what was put into a binary cache comes back whole", "[device]") {
    const BinaryCache cache(fresh_folder("round_trip"));
    CHECK_FALSE(cache.get(key));
    for (const std::size_t size : {0, 1, 50'000}) {
        cache.put(key, binary_of(size));
        const auto found = cache.get(key);
        REQUIRE(found);
        CHECK(same(*found, binary_of(size)));
    }
    CHECK_FALSE(cache.get(digest(std::string_view("another module"))));
}

TEST_CASE("a cache without a folder, or one it cannot write, keeps nothing and says nothing",
          "[device]") {
    const std::filesystem::path blocked = fresh_folder("blocked");
    std::filesystem::create_directories(blocked.parent_path());
    std::ofstream(blocked) << "a file where the folder should be";
    for (const BinaryCache& cache : {BinaryCache(), BinaryCache(blocked)}) {
        cache.put(key, binary_of(10));
        CHECK_FALSE(cache.get(key));
    }
    std::filesystem::remove(blocked);
}

TEST_CASE("a damaged entry is a miss and is removed", "[device]") {
    const std::filesystem::path folder = fresh_folder("damage");
    const BinaryCache cache(folder);
    cache.put(key, binary_of(1000));
    REQUIRE(files_in(folder).size() == 1);
    const std::filesystem::path entry = files_in(folder).front();
    std::ifstream in(entry, std::ios::binary);
    const std::string intact{std::istreambuf_iterator<char>(in), {}};

    std::mt19937_64 random(test::seed());
    std::vector<std::string> damaged{"", "hone binary 1\n", intact.substr(0, intact.size() - 1),
                                     intact + "x", std::string(4096, '\0')};
    for (int i = 0; i < 50; ++i) {
        damaged.push_back(intact);
        damaged.back()[random() % intact.size()] ^= static_cast<char>(1 << random() % 8);
        damaged.push_back(intact.substr(0, random() % intact.size()));
    }
    for (const std::string& bytes : damaged) {
        std::ofstream(entry, std::ios::binary | std::ios::trunc) << bytes;
        CHECK_FALSE(cache.get(key));
        CHECK_FALSE(std::filesystem::exists(entry));
    }
    cache.put(key, binary_of(1000));
    CHECK(cache.get(key));
}

TEST_CASE("many writers of one entry leave one whole entry and nothing else", "[device]") {
    const std::filesystem::path folder = fresh_folder("writers");
    std::vector<std::thread> threads;
    std::atomic<int> torn = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            const BinaryCache cache(folder);
            for (int i = 0; i < 50; ++i) {
                cache.put(key, binary_of(20'000));
                const auto found = cache.get(key);
                if (!found || !same(*found, binary_of(20'000))) ++torn;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(torn == 0);
    CHECK(files_in(folder).size() == 1);
}

TEST_CASE("the key of a binary follows the module and the compiler", "[device]") {
    Module module;
    module.source = "void f() {}";
    Module other = module;
    other.options = {"-O2"};
    CHECK(BinaryCache::key(module, "clang 19") == BinaryCache::key(module, "clang 19"));
    CHECK(BinaryCache::key(module, "clang 19") != BinaryCache::key(other, "clang 19"));
    CHECK(BinaryCache::key(module, "clang 19") != BinaryCache::key(module, "clang 20"));
}

TEST_CASE("what was used longest ago makes room in a binary cache", "[device]") {
    const auto folder = fresh_folder("limit");
    const auto key_of = [](int i) { return digest("module " + std::to_string(i)); };
    constexpr std::uint64_t limit = 100'000;
    const BinaryCache generous(folder), cache(folder, limit);
    for (int i = 0; i < 8; ++i) generous.put(key_of(i), binary_of(10'000));
    CHECK(cache.trim() <= limit); // they fit
    CHECK(files_in(folder).size() == 8);
    for (int i = 8; i < 12; ++i) generous.put(key_of(i), binary_of(10'000));
    // As if they had been made one after another, the first long ago.
    const auto now = std::filesystem::file_time_type::clock::now();
    for (int i = 0; i < 12; ++i)
        for (const auto& file : files_in(folder))
            if (hex(key_of(i)).ends_with(file.filename().string()))
                std::filesystem::last_write_time(file, now - std::chrono::hours(100 - i));
    CHECK(cache.get(key_of(0))); // used just now
    CHECK(cache.trim() <= limit / 8 * 7);
    CHECK(cache.get(key_of(0)));
    CHECK_FALSE(cache.get(key_of(1)));
    CHECK(cache.get(key_of(11)));
    // Whatever chance does, the folder stays near its limit.
    for (int i = 0; i < 200; ++i) cache.put(key_of(100 + i), binary_of(10'000));
    CHECK(files_in(folder).size() < 60);
}
