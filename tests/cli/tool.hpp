// The tool as its users meet it: a process with arguments, an environment and three streams.
#pragma once

#include "tests/folder.hpp"
#include "tests/paths.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tool {

namespace fs = std::filesystem;
using hone::test::Folder;

inline std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

struct Result {
    int code = -1; // exit code, or 128 + signal
    std::string out, err;

    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
};

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

// hone with the fake device and a user store of its own. The environment holds nothing else but
// what `extra` says.
class Tool final {
  public:
    // `out_descriptor`: of its stdout in place of the file that finish() reads.
    [[nodiscard]] pid_t start(const Arguments& arguments, const Environment& extra = {},
                              int out_descriptor = -1) const {
        Environment environment = {{"HONE_CACHE_DIR", store_folder().string()},
                                   {"HONE_PLUGIN_PATH", hone::test::fake_plugin_dir()},
                                   {"PATH", "/usr/bin:/bin"}};
        for (const auto& [name, value] : extra) environment[name] = value;
        std::vector<std::string> words = {hone::test::tool()}, settings;
        words.insert(words.end(), arguments.begin(), arguments.end());
        for (const auto& [name, value] : environment)
            if (!value.empty()) settings.push_back(name + "=" + value);
        std::vector<char*> argv, envp;
        for (std::string& word : words) argv.push_back(word.data());
        for (std::string& setting : settings) envp.push_back(setting.data());
        argv.push_back(nullptr);
        envp.push_back(nullptr);
        const std::string out = (folder_ / "out").string(), err = (folder_ / "err").string();

        const pid_t child = fork();
        if (child < 0) throw std::runtime_error("fork failed");
        if (child == 0) {
            const bool opened = out_descriptor < 0
                                    ? std::freopen(out.c_str(), "w", stdout) != nullptr
                                    : dup2(out_descriptor, STDOUT_FILENO) >= 0;
            if (opened && std::freopen(err.c_str(), "w", stderr))
                execve(hone::test::tool(), argv.data(), envp.data());
            _exit(127);
        }
        return child;
    }

    [[nodiscard]] Result finish(pid_t child) const {
        int status = 0;
        while (waitpid(child, &status, 0) < 0)
            if (errno != EINTR) throw std::runtime_error("waitpid failed");
        return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
                text_of(folder_ / "out"), text_of(folder_ / "err")};
    }

    [[nodiscard]] Result operator()(const Arguments& arguments,
                                    const Environment& extra = {}) const {
        return finish(start(arguments, extra));
    }

    [[nodiscard]] fs::path store_folder() const { return folder_ / "store"; }
    [[nodiscard]] const Folder& folder() const noexcept { return folder_; }

  private:
    Folder folder_;
};

inline const std::string problem = "gemm m=64 n=64 k=64 a=f32";

} // namespace tool
