#include "lib/plugin/candidates.hpp"
#include "tests/catch.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace hone;
namespace fs = std::filesystem;

namespace {

struct Folders {
    fs::path root = fs::path(HONE_TEST_PLUGINS) / "candidates";
    Folders() {
        fs::remove_all(root);
        for (const char* file :
             {"own/hone_search_a.so", "own/hone_store_b.so", "own/hone_backend_c.so",
              "own/hone_gemm_d.so", "own/notes.txt", "named/hone_search_e.so", "named/z.so",
              "named/a.so", "named/lib.so.1"}) {
            fs::create_directories((root / file).parent_path());
            std::ofstream(root / file) << "x";
        }
        fs::create_directories(root / "named/folder.so");
        fs::create_symlink(root / "own/hone_gemm_d.so", root / "named/link.so");
    }
    ~Folders() { fs::remove_all(root); }

    std::vector<std::string> found(std::vector<fs::path> named) const {
        std::vector<std::string> files;
        for (const auto& candidate : plugin::find_candidates(root / "own", named)) {
            CHECK(candidate.file.is_absolute());
            CHECK(candidate.refusal.empty());
            files.push_back(candidate.file.lexically_relative(root).native());
        }
        return files;
    }
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("own plugins come first, then each named folder by name, no file twice", "[plugin]") {
    const Folders folders;
    CHECK(folders.found(
              {folders.root / "named", folders.root / "absent", {}, folders.root / "own"}) ==
          Names{"own/hone_backend_c.so", "own/hone_gemm_d.so", "own/hone_search_a.so",
                "own/hone_store_b.so", "named/a.so", "named/hone_search_e.so", "named/z.so"});
}

TEST_CASE("a relative folder gives absolute files", "[plugin]") {
    const Folders folders;
    const fs::path relative = fs::relative(folders.root / "named");
    CHECK(folders.found({relative}).size() == 7);
}

TEST_CASE("what others can write is not trusted unless it is the user's or root's", "[plugin]") {
    constexpr uid_t self = 1000, other = 1001, root = 0;
    struct Row {
        uid_t file_owner;
        mode_t file_mode;
        uid_t folder_owner;
        mode_t folder_mode;
        bool trusted;
    };
    const std::vector<Row> table = {
        {self, 0644, self, 0755, true},    {root, 0644, root, 0755, true},
        {other, 0644, other, 0755, true}, // the user named it, and only `other` can change it
        {other, 0666, other, 0755, false}, {other, 0644, other, 0777, false},
        {other, 0644, root, 01777, false}, // /tmp: anybody may have put it there
        {self, 0644, root, 01777, true},   {self, 0644, other, 0777, false},
        {self, 0666, self, 0777, true},
    };
    for (const Row& row : table) {
        struct stat file {
        }, folder{};
        file.st_uid = row.file_owner;
        file.st_mode = S_IFREG | row.file_mode;
        folder.st_uid = row.folder_owner;
        folder.st_mode = S_IFDIR | row.folder_mode;
        const std::string reason = plugin::distrust(file, folder, self);
        INFO(row.file_owner << " " << row.file_mode << " " << row.folder_owner << " "
                            << row.folder_mode << ": " << reason);
        CHECK(reason.empty() == row.trusted);
        if (!row.trusted) CHECK(reason.find("every user may write") != std::string::npos);
    }
}
