// hone-worker: the process that compiles or runs what may crash. Started by libhone, which talks to
// it on file 3.

#include "hone/error.hpp"
#include "hone/options.hpp"
#include "hone/registry.hpp"
#include "lib/worker/channel.hpp"
#include "lib/worker/main/descendants.hpp"
#include "lib/worker/main/process_limits.hpp"
#include "lib/worker/main/roles.hpp"
#include "lib/worker/message.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace hone::worker {

namespace {

using RoleEntry = void (*)(Channel&, const Backend&, const Hello&);

Options options_of(const Hello& hello) {
    Options options;
    options.cache_folder = hello.cache_folder;
    options.plugin_folders.assign(hello.plugin_folders.begin(), hello.plugin_folders.end());
    options.libraries = hello.libraries;
    return options;
}

void serve(Channel& control, RoleEntry role) {
    Frame frame;
    const Received received = control.receive(frame, Deadline::max());
    if (received == Received::foreign) {
        // The header of any answer says which protocol this worker speaks.
        (void)control.send(Ready{}, after(send_seconds));
        return;
    }
    if (received != Received::frame || frame.type != MessageType::hello) return;
    const auto hello = decode<Hello>(frame.payload);
    try {
        constexpr std::array kinds{PluginKind::backend};
        const Registry registry(options_of(hello), kinds);
        const Backend& backend = registry.backend(hello.backend);
        if (!control.send(Ready{}, after(send_seconds))) return;
        role(control, backend, hello);
    } catch (const Error& error) {
        (void)control.send(Refused{error.code(), error.what(), error.hint()}, after(send_seconds));
    }
}

RoleEntry role_named(std::string_view name) {
    if (name == "compile") return compile_role;
    return name == "device" ? device_role : nullptr;
}

} // namespace

} // namespace hone::worker

int main(int argc, char** argv) {
    using namespace hone;
    const auto role = argc == 2 ? worker::role_named(argv[1]) : nullptr;
    if (role == nullptr || ::fcntl(worker_control_file, F_SETFD, FD_CLOEXEC) != 0) {
        std::fputs("hone-worker is started by hone and of no use by itself\n", stderr);
        return 2;
    }
    if (!worker::prepare_process()) return 1;
    Channel control{Descriptor(worker_control_file)};
    try {
        worker::serve(control, role);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hone-worker: %s\n", error.what());
    }
    worker::end_children();
    // Without unloading plugins, which takes long and brings nothing.
    ::_exit(0);
}
