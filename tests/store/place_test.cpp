// Folders that are missing, read-only, full or on a network.
#include "database.hpp"
#include "hone/error.hpp"
#include "store.hpp"
#include "tests/catch.hpp"
#include "tests/store/processes.hpp"
#include "tests/store/stores.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using hone::Record;
using hone::sqlite::Access;
using hone::sqlite::Database;
using hone::sqlite::SqliteStore;
using hone::test::all_of;
using hone::test::as_nobody;
using hone::test::fact;
using hone::test::Folder;
using hone::test::open_sqlite;
using hone::test::sorted;
using hone::test::Warnings;
using Path = std::filesystem::path;

namespace {

// "ok", or what is wrong with reading fact 1 and writing fact 2.
std::string reads_but_does_not_write(const Path& file) {
    const auto store = open_sqlite(file);
    if (store->writable()) return "writable";
    if (store->read("p0", "cpu") != std::vector{fact(1)}) return "does not read";
    try {
        (void)store->append(std::vector{fact(2)});
    } catch (const hone::Error& error) {
        if (error.code() != hone::Errc::not_kept) return "another error";
        if (std::string(error.what()).find("not written") == std::string::npos) return error.what();
        return all_of(*store) == std::vector{fact(1)} ? "ok" : "has changed";
    }
    return "writes";
}

std::string error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const hone::Error& error) {
        return exit_code(error.code()) == 7 ? error.what() : "another error code";
    }
    return "no error";
}

bool always(const Path&) { return true; }
bool never(const Path&) { return false; }

std::string journal_of(const Path& file) {
    return Database(file, Access::write).text("PRAGMA journal_mode");
}

// A file system of its own in a folder.
class SmallDisk final {
  public:
    explicit SmallDisk(const Path& folder)
        : folder_(folder),
          mounted_(::mount("none", folder.c_str(), "tmpfs", 0, "size=1m,mode=0755") == 0) {}
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    [[nodiscard]] bool mounted() const { return mounted_; }

  private:
    Path folder_;
    bool mounted_;
};

} // namespace

TEST_CASE("missing folders are made, for this user only", "[store]") {
    const Folder folder;
    const Path file = folder.path() / "a" / "b" / "facts.sqlite";
    (void)open_sqlite(file);
    for (const Path& made : {folder.path() / "a", folder.path() / "a" / "b"})
        CHECK((std::filesystem::status(made).permissions() & std::filesystem::perms::mask) ==
              std::filesystem::perms::owner_all);
}

TEST_CASE("any name can be the name of a store", "[store]") {
    const Folder folder;
    const auto name = GENERATE(as<std::string>(), "a b", "100%25?mode=ro#x", "f\u00e9", "-", "a:b");
    const Path file = folder.path() / name;
    (void)open_sqlite(file)->append(std::vector{fact(1)});
    CHECK(all_of(*open_sqlite(file)) == std::vector{fact(1)});
    CHECK(std::filesystem::is_regular_file(file));
}

TEST_CASE("what cannot be a store is refused with its name", "[store]") {
    const Folder folder;
    CHECK_THROWS_WITH(open_sqlite(folder.path()), folder.path().string() + ": not a file");
    CHECK_THROWS_WITH(open_sqlite(""), "sqlite: names no file");
    std::ofstream(folder.path() / "file") << "x";
    CHECK_THROWS_AS(open_sqlite(folder.path() / "file" / "facts.sqlite"), hone::Error);
}

TEST_CASE("a store in a read-only folder is read and says that it is not written", "[store]") {
    const Folder folder;
    (void)open_sqlite(store_file(folder))->append(std::vector{fact(1)});
    ::chmod(store_file(folder).c_str(), 0444);
    ::chmod(folder.path().c_str(), 0555);
    CHECK(as_nobody([&] { return reads_but_does_not_write(store_file(folder)); }) == "ok");
    ::chmod(folder.path().c_str(), 0755);
}

TEST_CASE("a read-only file in a writable folder is not written", "[store]") {
    const Folder folder;
    (void)open_sqlite(store_file(folder))->append(std::vector{fact(1)});
    ::chmod(store_file(folder).c_str(), 0444);
    ::chmod(folder.path().c_str(), 0777);
    CHECK(as_nobody([&] { return reads_but_does_not_write(store_file(folder)); }) == "ok");
}

TEST_CASE("a read-only store in use by a writer is read up to its last fact", "[store]") {
    const Folder folder;
    ::chmod(folder.path().c_str(), 0755);
    const auto writer = open_sqlite(store_file(folder));
    (void)writer->append(std::vector{fact(1)});
    if (::geteuid() != 0) ::chmod(store_file(folder).c_str(), 0444);
    REQUIRE(std::filesystem::file_size(store_file(folder).string() + "-wal") > 0);
    CHECK(as_nobody([&] { return reads_but_does_not_write(store_file(folder)); }) == "ok");
}

TEST_CASE("a log that cannot be read is not passed over in silence", "[store]") {
    const Folder folder, copy;
    const auto writer = open_sqlite(store_file(folder));
    (void)writer->append(std::vector{fact(1)});
    // As after a crash: a log with the newest facts, and no shared memory.
    for (const char* suffix : {"", "-wal"})
        std::filesystem::copy_file(store_file(folder).string() + suffix,
                                   store_file(copy).string() + suffix);
    ::chmod(copy.path().c_str(), 0555);
    const std::string answer = as_nobody([&]() -> std::string {
        try {
            return open_sqlite(store_file(copy))->read("p0", "cpu") == std::vector{fact(1)}
                       ? "all"
                       : "misses";
        } catch (const hone::Error& error) {
            return exit_code(error.code()) == 7 ? "refused" : error.what();
        }
    });
    CHECK((answer == "all" || answer == "refused"));
    ::chmod(copy.path().c_str(), 0755);
}

TEST_CASE("where no file can be made the error says so", "[store]") {
    const Folder folder;
    ::chmod(folder.path().c_str(), 0555);
    const std::string answer =
        as_nobody([&] { return error_of([&] { (void)open_sqlite(store_file(folder)); }); });
    CHECK_THAT(answer, Catch::Contains(store_file(folder).string()));
    const std::string deeper = as_nobody([&] {
        return error_of([&] { (void)open_sqlite(folder.path() / "deeper" / "facts.sqlite"); });
    });
    CHECK_THAT(deeper, Catch::Contains("the folder cannot be created"));
    ::chmod(folder.path().c_str(), 0755);
}

TEST_CASE("a damaged file in a read-only folder stays where it is", "[store]") {
    const Folder folder;
    std::ofstream(store_file(folder)) << std::string(5000, 'x');
    ::chmod(folder.path().c_str(), 0555);
    const std::string answer =
        as_nobody([&] { return error_of([&] { (void)open_sqlite(store_file(folder)); }); });
    CHECK_THAT(answer, Catch::Contains(store_file(folder).string()));
    ::chmod(folder.path().c_str(), 0755);
    CHECK(std::filesystem::file_size(store_file(folder)) == 5000);
}

TEST_CASE("a full disk loses the batch that did not fit, and nothing else", "[store]") {
    const Folder folder;
    const SmallDisk disk(folder.path());
    if (!disk.mounted()) HONE_SKIP("a small file system cannot be mounted here");
    const auto store = open_sqlite(store_file(folder));
    std::vector<Record> kept;
    std::string error;
    for (int batch = 0; batch < 1000 && error.empty(); ++batch) {
        std::vector<Record> records;
        for (int i = 0; i < 20; ++i) records.push_back(fact(i, batch));
        try {
            (void)store->append(records);
            kept.insert(kept.end(), records.begin(), records.end());
        } catch (const hone::Error& thrown) {
            CHECK(thrown.code() == hone::Errc::not_kept);
            CHECK_THAT(thrown.hint(), Catch::Contains("free some space"));
            error = thrown.what();
        }
    }
    CHECK_THAT(error, Catch::Contains("full"));
    CHECK(kept.size() > 100);
    CHECK(store->writable());
    CHECK(sorted(store->read("p0", "cpu")) == sorted(kept));
    CHECK(all_of(*open_sqlite(store_file(folder))) == sorted(kept));
    CHECK(store->damaged() == 0);
}

TEST_CASE("a disk without room for a store is told from damage", "[store]") {
    const Folder folder;
    const SmallDisk disk(folder.path());
    if (!disk.mounted()) HONE_SKIP("a small file system cannot be mounted here");
    std::ofstream filler(folder.path() / "filler");
    for (int i = 0; i < 1100; ++i) filler << std::string(1024, 'x');
    filler.flush();
    CHECK_THAT(error_of([&] { (void)open_sqlite(store_file(folder)); }), Catch::Contains("full"));
    const std::filesystem::directory_iterator entries(folder.path());
    CHECK(std::distance(begin(entries), end(entries)) == 1); // nothing half made is left
}

TEST_CASE("on a network file system there is no log, one warning, and nothing is lost", "[store]") {
    const Folder folder;
    Warnings warnings;
    const auto warn = [&](std::string text) { warnings.push_back(std::move(text)); };

    SECTION("a new file") {
        SqliteStore store(store_file(folder), warn, always);
        (void)store.append(std::vector{fact(1)});
    }
    SECTION("a file with a log from a local disk") {
        const Folder local;
        const auto writer = open_sqlite(store_file(local));
        (void)writer->append(std::vector{fact(1)});
        for (const char* suffix : {"", "-wal"})
            std::filesystem::copy_file(store_file(local).string() + suffix,
                                       store_file(folder).string() + suffix);
        SqliteStore store(store_file(folder), warn, always);
        CHECK(store.read("p0", "cpu") == std::vector{fact(1)});
    }
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], Catch::Contains("network file system"));
    CHECK_FALSE(std::filesystem::exists(store_file(folder).string() + "-wal"));
    CHECK_FALSE(std::filesystem::exists(store_file(folder).string() + "-shm"));
    CHECK(journal_of(store_file(folder)) == "delete");
    SqliteStore one(store_file(folder), warn, always), two(store_file(folder), warn, always);
    (void)one.append(std::vector{fact(2)});
    (void)two.append(std::vector{fact(3)});
    CHECK(all_of(one) == sorted({fact(1), fact(2), fact(3)}));

    // Back on a local disk it gets its log again.
    SqliteStore local(folder.path() / "copy.sqlite", warn, never);
    CHECK(journal_of(folder.path() / "copy.sqlite") == "wal");
}

TEST_CASE("a local folder is not taken for a network's", "[store]") {
    CHECK_FALSE(hone::sqlite::on_network("/dev/shm"));
    CHECK_FALSE(hone::sqlite::on_network("/does/not/exist"));
}
