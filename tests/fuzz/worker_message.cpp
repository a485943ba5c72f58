// Bytes that a worker, or a run that a hostile candidate took over, may send. The first byte says
// what they are read as: a message of that type, or for 0 a stream of frames.
#include "lib/worker/channel.hpp"
#include "lib/worker/message.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <sys/socket.h>
#include <vector>

using namespace hone;

namespace {

template <typename Message> bool read_as(MessageType type, std::span<const std::byte> bytes) {
    if (type != Message::type) return false;
    try {
        const auto message = decode<Message>(bytes);
        const std::vector<std::byte> again = encode(message);
        if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
    } catch (const Malformed&) {
        // As it should be.
    }
    return true;
}

template <typename... Messages>
void read_as_one_of(MessageType type, std::span<const std::byte> bytes) {
    (void)(read_as<Messages>(type, bytes) || ...);
}

void read_frames(std::span<const std::byte> bytes) {
    auto [a, b] = Channel::pair();
    // More than a socket holds is cut off.
    (void)::send(a.file(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    a.close();
    Frame frame;
    while (b.receive(frame) == Received::frame) {
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
    if (data[0] == 0) {
        read_frames(bytes);
        return 0;
    }
    read_as_one_of<Hello, CompileJob, SetProblem, BeginRun, EndRun, Ready, Refused, CompileDone,
                   RunBegun, RunEnded, Load, Check, Sample, Began, Loaded, Checked, Sampled>(
        static_cast<MessageType>(data[0]), bytes);
    return 0;
}
