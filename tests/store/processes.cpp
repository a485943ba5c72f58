#include "tests/store/processes.hpp"

#include "tests/catch.hpp"
#include "tests/store/stores.hpp"

#include <grp.h>

#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace hone::test {

namespace {

constexpr const char* file_variable = "HONE_TEST_WRITER_FILE";
constexpr const char* number_variable = "HONE_TEST_WRITER_NUMBER";
constexpr const char* count_variable = "HONE_TEST_WRITER_COUNT";

} // namespace

// Hidden: only start_writer() asks for it.
TEST_CASE("a writer", "[.writer]") {
    const char* const file = std::getenv(file_variable);
    if (!file) HONE_SKIP("started by other tests");
    const int writer = std::atoi(std::getenv(number_variable));
    const int count = std::atoi(std::getenv(count_variable));
    const auto store = open_sqlite(file);
    for (int i = 0; i < count; ++i) (void)store->append(std::vector{fact(i, writer, writer % 4)});
    SUCCEED();
}

pid_t start_writer(const std::filesystem::path& file, int writer, int count) {
    const std::vector<std::string> set = {
        std::string(file_variable) + "=" + file.string(),
        std::string(number_variable) + "=" + std::to_string(writer),
        std::string(count_variable) + "=" + std::to_string(count),
    };
    std::vector<char*> environment;
    for (char** variable = ::environ; *variable; ++variable) environment.push_back(*variable);
    for (const std::string& one : set) environment.push_back(const_cast<char*>(one.c_str()));
    environment.push_back(nullptr);
    std::string name = "test_store", tag = "[.writer]";
    std::vector<char*> arguments = {name.data(), tag.data(), nullptr};

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t process = 0;
    const int error = ::posix_spawn(&process, "/proc/self/exe", &actions, nullptr, arguments.data(),
                                    environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot start a writer");
    return process;
}

bool ended_well(pid_t process) {
    int status = 0;
    return ::waitpid(process, &status, 0) == process && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

std::string in_child(const std::function<std::string()>& body) {
    int pipe[2];
    if (::pipe(pipe) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        std::string text;
        try {
            text = body();
        } catch (const std::exception& error) {
            text = std::string("threw: ") + error.what();
        }
        const bool written =
            ::write(pipe[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
        ::_exit(written ? 0 : 1); // nothing of the parent is torn down here
    }
    ::close(pipe[1]);
    std::string text;
    char part[512];
    for (ssize_t size; (size = ::read(pipe[0], part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(size));
    ::close(pipe[0]);
    return child > 0 && ended_well(child) ? text : "crashed";
}

std::string as_nobody(const std::function<std::string()>& body) {
    return in_child([&]() -> std::string {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 &&
            (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0))
            return "cannot become nobody";
        return body();
    });
}

} // namespace hone::test
