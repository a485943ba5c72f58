#include "hone/options.hpp"
#include "hone/version.hpp"
#include "lib/base/cache_folder.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace hone;
namespace fs = std::filesystem;

namespace {

const std::vector<const char*> variables = {
    "HONE_CACHE_DIR",   "XDG_CACHE_HOME",  "HOME",           "HONE_PLUGIN_PATH",
    "HONE_WORKER",      "HONE_STORE",      "HONE_BUNDLE",    "HONE_BUNDLE_KEY",
    "HONE_CUDA_DRIVER", "HONE_CUDA_NVRTC", "HONE_CUDA_NVML", "HONE_CUDA_CUBLASLT",
    "VIRTUAL_ENV",      "CONDA_PREFIX"};

// Sets exactly these variables and restores what was there.
class Environment final {
  public:
    explicit Environment(const std::map<std::string, std::string>& values) {
        for (const char* name : variables) {
            if (const char* value = std::getenv(name)) saved_[name] = value;
            ::unsetenv(name);
        }
        for (const auto& [name, value] : values) ::setenv(name.c_str(), value.c_str(), 1);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() {
        for (const char* name : variables) ::unsetenv(name);
        for (const auto& [name, value] : saved_) ::setenv(name.c_str(), value.c_str(), 1);
    }

  private:
    std::map<std::string, std::string> saved_;
};

void write_file(const fs::path& path) { std::ofstream(path) << "taken"; }

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

} // namespace

TEST_CASE("the cache folder is the first that can be used", "[base]") {
    const hone::test::Folder scratch;
    write_file(scratch / "file");
    const std::string good = scratch / "good/deeper";
    const std::string other = scratch / "other";
    const std::string blocked = scratch / "file/below"; // its parent is a file
    const std::string file = scratch / "file";

    struct Row {
        std::map<std::string, std::string> environment;
        fs::path expected;
        std::vector<std::string> warned_of; // variables, in order
    };
    const std::vector<Row> table = {
        {{{"HONE_CACHE_DIR", good}, {"HOME", other}}, good, {}},
        {{{"XDG_CACHE_HOME", good}, {"HOME", other}}, fs::path(good) / "hone", {}},
        {{{"HOME", other}}, fs::path(other) / ".cache/hone", {}},
        {{{"HONE_CACHE_DIR", ""}, {"XDG_CACHE_HOME", ""}, {"HOME", other}},
         fs::path(other) / ".cache/hone",
         {}},
        {{{"HONE_CACHE_DIR", blocked}, {"HOME", other}},
         fs::path(other) / ".cache/hone",
         {"HONE_CACHE_DIR"}},
        {{{"HONE_CACHE_DIR", file}, {"XDG_CACHE_HOME", good}},
         fs::path(good) / "hone",
         {"HONE_CACHE_DIR"}},
        {{{"HONE_CACHE_DIR", "relative"}, {"XDG_CACHE_HOME", "also/relative"}, {"HOME", other}},
         fs::path(other) / ".cache/hone",
         {"HONE_CACHE_DIR", "XDG_CACHE_HOME"}},
        {{{"HONE_CACHE_DIR", "/proc/none"}, {"XDG_CACHE_HOME", good}},
         fs::path(good) / "hone",
         {"HONE_CACHE_DIR"}},
    };
    for (const Row& row : table) {
        const Environment environment(row.environment);
        const Options options = Options::from_env();
        CHECK(options.cache_folder == row.expected);
        CHECK(fs::is_directory(options.cache_folder));
        REQUIRE(options.warnings.size() == row.warned_of.size());
        for (std::size_t i = 0; i < row.warned_of.size(); ++i) {
            CAPTURE(options.warnings[i]);
            CHECK(options.warnings[i].find(row.warned_of[i]) != std::string::npos);
        }
    }
    CHECK(mode_of(scratch / "good") == 0700);
    CHECK(mode_of(fs::path(good) / "hone") == 0700);
}

TEST_CASE("without any folder named the cache is this user's in /tmp, with a warning", "[base]") {
    const Environment environment({});
    const fs::path folder = "/tmp/hone-" + std::to_string(::geteuid());
    std::error_code ignored;
    const bool existed = fs::exists(folder, ignored);
    const Options options = Options::from_env();
    REQUIRE_FALSE(options.warnings.empty());
    CHECK(options.warnings.front() == "neither HONE_CACHE_DIR, XDG_CACHE_HOME nor HOME is set");
    // Someone else may own it: then there is none.
    if (!options.cache_folder.empty()) {
        CHECK(options.cache_folder == folder);
        CHECK((mode_of(folder) & 077) == 0);
    } else {
        CHECK(options.warnings.back().find("memory") != std::string::npos);
    }
    if (!existed) fs::remove(folder, ignored); // only when still empty
}

TEST_CASE("a folder below /tmp is used only when nobody else can reach into it", "[base]") {
    const hone::test::Folder scratch;
    CHECK(why_not_private(scratch / "new").empty());
    CHECK(mode_of(scratch / "new") == 0700);
    CHECK(why_not_private(scratch / "new").empty());

    fs::create_directory(scratch / "open");
    ::chmod((scratch / "open").c_str(), 0770);
    CHECK(why_not_private(scratch / "open") == "open to other users");

    fs::create_directory_symlink(scratch / "new", scratch / "link");
    CHECK(why_not_private(scratch / "link") == "not a folder");

    write_file(scratch / "file");
    CHECK(why_not_private(scratch / "file") == "not a folder");

    if (::geteuid() != 0) HONE_SKIP("only root can give a folder to another user");
    fs::create_directory(scratch / "foreign");
    ::chmod((scratch / "foreign").c_str(), 0700);
    REQUIRE(::chown((scratch / "foreign").c_str(), 12345, 12345) == 0);
    CHECK(why_not_private(scratch / "foreign") == "owned by another user");
}

TEST_CASE("plugin folders, worker and stores come from the environment", "[base]") {
    const hone::test::Folder scratch;
    const std::string home = scratch / "home";
    {
        const Environment environment({{"HOME", home}});
        const Options options = Options::from_env();
        CHECK(options.plugin_folders.empty());
        CHECK(options.stores.empty());
        CHECK(options.worker == library_folder() / "hone" / "hone-worker");
    }
    const Environment environment({{"HOME", home},
                                   {"HONE_PLUGIN_PATH", ":/a/b::relative:/c"},
                                   {"HONE_WORKER", "/opt/hone-worker"},
                                   {"HONE_STORE", " sqlite:/x.db  dir:/shared "}});
    const Options options = Options::from_env();
    CHECK(options.plugin_folders == std::vector<fs::path>{"/a/b", "/c"});
    CHECK(options.worker == "/opt/hone-worker");
    CHECK(options.stores == std::vector<std::string>{"sqlite:/x.db", "dir:/shared"});
    REQUIRE(options.warnings.size() == 1);
    CHECK(options.warnings.front().find("relative") != std::string::npos);
}

TEST_CASE("libraries and bundles come from the environment", "[base]") {
    const hone::test::Folder scratch;
    const std::string home = scratch / "home";
    {
        const Environment environment({{"HOME", home},
                                       {"HONE_CUDA_DRIVER", "/a/libcuda.so"},
                                       {"HONE_CUDA_NVRTC", "/a/libnvrtc.so"},
                                       {"HONE_CUDA_NVML", "/a/libnvidia-ml.so"},
                                       {"HONE_CUDA_CUBLASLT", "/a/libcublasLt.so"},
                                       {"VIRTUAL_ENV", "/venv"},
                                       {"CONDA_PREFIX", "/conda"},
                                       {"HONE_BUNDLE", "/a.bundle:b.bundle"},
                                       {"HONE_BUNDLE_KEY", "ab"}});
        const Options options = Options::from_env();
        CHECK(options.libraries.cuda_driver == "/a/libcuda.so");
        CHECK(options.libraries.cuda_nvrtc == "/a/libnvrtc.so");
        CHECK(options.libraries.cuda_nvml == "/a/libnvidia-ml.so");
        CHECK(options.libraries.cuda_cublaslt == "/a/libcublasLt.so");
        CHECK(options.libraries.python_prefix == "/venv");
        CHECK(options.bundles.files == std::vector<fs::path>{"/a.bundle", "b.bundle"});
        CHECK(options.bundles.key == "ab");
        CHECK(options.warnings.empty());
    }
    // Code that is loaded must not depend on the current folder.
    const Environment environment(
        {{"HOME", home}, {"HONE_CUDA_NVRTC", "libnvrtc.so"}, {"CONDA_PREFIX", "/conda"}});
    const Options options = Options::from_env();
    CHECK(options.libraries.cuda_nvrtc.empty());
    CHECK(options.libraries.python_prefix == "/conda");
    REQUIRE(options.warnings.size() == 1);
    CHECK(options.warnings.front().find("HONE_CUDA_NVRTC") != std::string::npos);
}

TEST_CASE("the library knows where it lies and which version it is", "[base]") {
    CHECK(fs::exists(library_folder() / "libhone.so"));
    CHECK(std::string(version()) == std::to_string(HONE_VERSION_MAJOR) + "." +
                                        std::to_string(HONE_VERSION_MINOR) + "." +
                                        std::to_string(HONE_VERSION_PATCH));
}
