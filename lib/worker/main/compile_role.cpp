#include "hone/error.hpp"
#include "lib/worker/deadline.hpp"
#include "lib/worker/main/fault_handler.hpp"
#include "lib/worker/main/process_limits.hpp"
#include "lib/worker/main/roles.hpp"

#include <exception>
#include <new>

namespace hone::worker {

namespace {

// Throws Error(unavailable) when there is no compiler, which is nobody's fault but the machine's.
CompileResult compile(const Backend& backend, const Module& module, const DeviceModel& device) {
    try {
        return backend.compile(module, device);
    } catch (const std::bad_alloc&) {
        return {Outcome::out_of_memory, {}, "the compiler ran out of memory"};
    } catch (const Error& error) {
        if (error.code() == Errc::unavailable) throw;
        return {Outcome::compile_failed, {}, error.what()};
    } catch (const std::exception& error) {
        return {Outcome::compile_failed, {}, error.what()};
    } catch (...) {
        return {Outcome::compile_failed, {}, "the compiler threw what is no std::exception"};
    }
}

} // namespace

void compile_role(Channel& control, const Backend& backend, const Hello& hello) {
    default_faults();
    backend.load_compiler(); // while the tool still has something else to do
    limit_memory(hello.memory_bytes);
    Frame frame;
    while (control.receive(frame, Deadline::max()) == Received::frame) {
        if (frame.type != MessageType::compile_job) return;
        const auto job = decode<CompileJob>(frame.payload);
        const auto start = Clock::now();
        CompileDone done{job.ticket, compile(backend, job.module, hello.device.model), 0};
        done.seconds = seconds_since(start);
        // However long the tool is busy elsewhere; when it dies, sending fails.
        if (!control.send(done, Deadline::max())) return;
    }
}

} // namespace hone::worker
