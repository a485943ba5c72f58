#include "hone/error.hpp"
#include "lib/worker/fault_page.hpp"
#include "lib/worker/main/descendants.hpp"
#include "lib/worker/main/fault_handler.hpp"
#include "lib/worker/main/problem_memory.hpp"
#include "lib/worker/main/process_limits.hpp"
#include "lib/worker/main/roles.hpp"
#include "lib/worker/main/run_server.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace hone::worker {

namespace {

class DeviceRole final {
  public:
    DeviceRole(Channel& control, const Backend& backend, const Hello& hello)
        : control_(control), backend_(backend), hello_(hello) {}

    void serve() {
        // Opened at once: the tool compiles its first candidate meanwhile.
        keep_trouble([this] { session_ = backend_.open(hello_.device, {}); });
        Frame frame;
        while (control_.receive(frame, Deadline::max()) == Received::frame) {
            switch (frame.type) {
            case MessageType::set_problem:
                set_problem(frame);
                break;
            case MessageType::begin_run:
                if (!begin_run(frame)) return;
                break;
            case MessageType::end_run: // crossed the report that it ended by itself
                break;
            default:
                return;
            }
        }
    }

  private:
    // What goes wrong between runs is told at the next one.
    template <typename Action> void keep_trouble(const Action& action) {
        try {
            action();
        } catch (const Error& error) {
            trouble_ = Refused{error.code(), error.what(), error.hint()};
        } catch (const std::bad_alloc&) {
            trouble_ = Refused{Errc::unavailable, "the operands do not fit into device memory",
                               "tune a smaller problem, or free the device"};
        } catch (const std::exception& error) {
            trouble_ = Refused{Errc::internal, error.what(), {}};
        }
    }

    void set_problem(const Frame& frame) {
        if (!session_) return;
        memory_.reset();
        trouble_.reset();
        keep_trouble([&] {
            memory_ = std::make_unique<ProblemMemory>(*session_, decode<SetProblem>(frame.payload),
                                                      frame.files);
        });
    }

    // False when the tool is gone or talks nonsense.
    [[nodiscard]] bool begin_run(Frame& frame) {
        if (!memory_ && !trouble_)
            trouble_ = Refused{Errc::internal, "a run without a problem", {}};
        if (trouble_) return control_.send(*trouble_, after(send_seconds));
        if (frame.files.size() != 2) return false;
        Channel channel(std::move(frame.files[0]));
        FaultPage page(std::move(frame.files[1]));
        page.close_file();
        frame.files.clear();
        const bool forks = backend_.isolation() == Isolation::fork_per_candidate;
        return forks ? run_forked(std::move(channel), page) : run_here(std::move(channel), page);
    }

    [[nodiscard]] bool run_here(Channel channel, FaultPage& page) {
        record_faults(page.record());
        if (!control_.send(RunBegun{}, after(send_seconds))) return false;
        RunServer(*session_, *memory_, /*shared=*/true, std::move(channel)).serve();
        record_faults(nullptr);
        return control_.send(RunEnded{0}, after(send_seconds));
    }

    [[nodiscard]] bool run_forked(Channel channel, FaultPage& page) {
        const pid_t worker = ::getpid();
        const pid_t child = ::fork();
        if (child < 0) {
            const std::string what = std::string("cannot fork: ") + std::strerror(errno);
            return control_.send(Refused{Errc::unavailable, what, "free memory or processes"},
                                 after(send_seconds));
        }
        if (child == 0) run_as_child(worker, std::move(channel), page);
        channel.close();
        ::setpgid(child, child); // by whoever comes first
        if (!control_.send(RunBegun{}, after(send_seconds))) {
            (void)end_child(child);
            return false;
        }
        return supervise(child);
    }

    [[noreturn]] void run_as_child(pid_t worker, Channel channel, FaultPage& page) noexcept {
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != worker) ::_exit(1);
        ::signal(SIGUSR2, SIG_DFL);
        control_.close();
        limit_memory(hello_.memory_bytes);
        record_faults(page.record());
        RunServer(*session_, *memory_, /*shared=*/false, std::move(channel)).serve();
        // Nothing is unloaded: what a candidate left behind goes with the process.
        ::_exit(0);
    }

    // Until the child ends or the tool wants it to.
    [[nodiscard]] bool supervise(pid_t child) {
        const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
        bool obeys = process.get() >= 0;
        bool done = !obeys;
        while (!done) {
            std::array<pollfd, 2> files{{{process.get(), POLLIN, 0}, {control_.file(), POLLIN, 0}}};
            if (::poll(files.data(), files.size(), -1) < 0) continue;
            if (files[1].revents != 0) {
                Frame frame;
                const Received received = control_.receive(frame);
                if (received == Received::nothing) continue;
                obeys = received == Received::frame && frame.type == MessageType::end_run;
                done = true;
            }
            done = done || files[0].revents != 0;
        }
        const int status = end_child(child);
        return obeys && control_.send(RunEnded{status}, after(send_seconds));
    }

    Channel& control_;
    const Backend& backend_;
    const Hello& hello_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<ProblemMemory> memory_; // before the session goes
    std::optional<Refused> trouble_;
};

} // namespace

void device_role(Channel& control, const Backend& backend, const Hello& hello) {
    DeviceRole(control, backend, hello).serve();
}

} // namespace hone::worker
