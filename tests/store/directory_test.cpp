// Folders of packs, and packs, as stores.
#include "hone/error.hpp"
#include "hone/pack.hpp"
#include "tests/catch.hpp"
#include "tests/store/processes.hpp"
#include "tests/store/stores.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

namespace fs = std::filesystem;
using namespace hone;
using namespace hone::test;

namespace {

std::vector<fs::path> packs_in(const fs::path& folder) {
    std::vector<fs::path> packs;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".pack") packs.push_back(entry.path());
    return packs;
}

std::string url_of(const fs::path& folder) { return "dir:" + folder.string(); }

} // namespace

TEST_CASE("an append is one pack named by its content, and nothing else is left", "[store]") {
    const Folder folder;
    const auto store = open_packs(url_of(folder.path()));
    (void)store->append(std::vector{fact(1), fact(2)});
    const auto files = packs_in(folder.path());
    REQUIRE(files.size() == 1);
    CHECK(files[0].stem() == hex(pack_name(pack(std::vector{fact(2), fact(1)}))));
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
    const auto before = fs::last_write_time(files[0]);
    (void)store->append(std::vector{fact(1)});
    CHECK(packs_in(folder.path()) == files);
    CHECK(fs::last_write_time(files[0]) == before);
}

TEST_CASE("many small packs are put together, and other readers miss nothing", "[store]") {
    const Folder folder;
    const auto store = open_packs(url_of(folder.path())),
               reader = open_packs(url_of(folder.path()));
    std::set<Digest> ids;
    Cursor cursor;
    std::size_t read = 0;
    for (int i = 0; i < 150; ++i) {
        (void)store->append(std::vector{fact(i)});
        ids.insert(fact(i).id);
        const Page page = reader->since(cursor, 1000);
        read += page.records.size();
        cursor = page.next;
    }
    CHECK(read == 150); // each once
    CHECK(packs_in(folder.path()).size() < 64);
    CHECK(all_of(*open_packs(url_of(folder.path()))).size() == 150);
}

TEST_CASE("stores of one folder write and gather at once and lose nothing", "[store]") {
    const Folder folder;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 4; ++writer)
        threads.emplace_back([&, writer] {
            const auto store = open_packs(url_of(folder.path()));
            for (int i = 0; i < 40; ++i) (void)store->append(std::vector{fact(i, writer)});
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(all_of(*open_packs(url_of(folder.path()))).size() == 160);
}

TEST_CASE("a pack that is damaged or misnamed is skipped with one warning until it changes",
          "[store]") {
    const Folder folder;
    (void)open_packs(url_of(folder.path()))->append(std::vector{fact(1)});
    const fs::path good = packs_in(folder.path()).at(0);
    const std::string other(64, 'a');
    fs::copy_file(good, folder.path() / (other + ".pack"));
    std::ofstream(folder.path() / "notes.txt") << "nothing of ours";
    std::ofstream(folder.path() / "facts.pack.part-1-2") << "half";
    Warnings warnings;
    const auto store = open_packs(url_of(folder.path()), &warnings);
    for (int again = 0; again < 3; ++again) CHECK(store->read("p0", "cpu") == std::vector{fact(1)});
    CHECK(warnings.size() == 1);
    CHECK(warnings.at(0).find(other) != std::string::npos);
    CHECK(store->damaged() == 1);

    // Half of it has arrived over the network; then all of it.
    const auto bytes = pack(std::vector{fact(2)});
    const fs::path late = folder.path() / (hex(pack_name(bytes)) + ".pack");
    const auto put = [&](std::size_t size) {
        std::ofstream(late, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(size));
    };
    put(bytes.size() / 2);
    CHECK(store->read("p0", "cpu").size() == 1);
    CHECK(warnings.size() == 2);
    put(bytes.size());
    CHECK(store->read("p0", "cpu").size() == 2);
    CHECK(warnings.size() == 2);
}

TEST_CASE("a folder that cannot be written is read, and one that is none is refused", "[store]") {
    const Folder folder;
    (void)open_packs(url_of(folder.path()))->append(std::vector{fact(1)});
    fs::permissions(folder.path(), fs::perms(0555));
    const std::string said = as_nobody([&]() -> std::string {
        const auto store = open_packs(url_of(folder.path()));
        if (store->writable()) return "writable";
        if (store->read("p0", "cpu").size() != 1) return "not read";
        try {
            (void)store->append(std::vector{fact(2)});
        } catch (const Error& error) {
            return error.code() == Errc::not_kept ? "refused" : error.what();
        }
        return "appended";
    });
    fs::permissions(folder.path(), fs::perms(0755));
    CHECK(said == "refused");
    std::ofstream(folder.path() / "file") << "x";
    CHECK_THROWS_AS(open_packs(url_of(folder.path() / "file")), Error);
    CHECK_THROWS_AS(open_packs("dir:"), Error);
    CHECK_THROWS_AS(open_packs("dir:" + folder.path().string() + "?signed=12"), Error);
}

TEST_CASE("a pack is a store that is read and takes nothing", "[store]") {
    const Folder folder;
    const fs::path file = folder.path() / "facts.pack";
    write_pack(file, std::vector{fact(1), fact(2), fact(1, 0, 1)});
    const auto store = open_packs("pack:" + file.string());
    CHECK_FALSE(store->writable());
    CHECK(store->read("p0", "cpu").size() == 2);
    CHECK(all_of(*store).size() == 3);
    CHECK_THROWS_AS(store->append(std::vector{fact(3)}), Error);
    CHECK_THROWS_AS(open_packs("pack:" + (folder.path() / "none.pack").string()), Error);
}

TEST_CASE("a store that requires signatures reads what a trusted key signed and takes no appends",
          "[store]") {
    const Folder folder;
    const PublicKey trusted = make_signing_key(folder.path() / "key"),
                    other = make_signing_key(folder.path() / "other");
    const fs::path packs = folder.path() / "packs";
    fs::create_directory(packs);
    const fs::path ours = add_pack(packs, std::vector{fact(1)}),
                   theirs = add_pack(packs, std::vector{fact(2)}),
                   nobodys = add_pack(packs, std::vector{fact(3)});
    CHECK(sign_pack(ours, folder.path() / "key") == trusted);
    CHECK(sign_pack(theirs, folder.path() / "other") == other);

    Warnings warnings;
    const auto strict = open_packs(url_of(packs) + "?signed=" + hex(trusted), &warnings);
    CHECK(all_of(*strict) == std::vector{fact(1)});
    CHECK(warnings.size() == 2);
    CHECK_FALSE(strict->writable());
    CHECK_THROWS_AS(strict->append(std::vector{fact(4)}), Error);
    const auto both =
        open_packs(url_of(packs) + "?signed=" + hex(other) + "," + hex(trusted), &warnings);
    CHECK(all_of(*both).size() == 2);
    CHECK(all_of(*open_packs(url_of(packs))).size() == 3);

    CHECK(all_of(*open_packs("pack:" + ours.string() + "?signed=" + hex(trusted))).size() == 1);
    CHECK_THROWS_AS(open_packs("pack:" + nobodys.string() + "?signed=" + hex(trusted)), Error);
    CHECK_THROWS_AS(open_packs("pack:" + ours.string() + "?signed=" + hex(other)), Error);
}
