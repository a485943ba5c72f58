// One end of a socket pair that carries messages.
#pragma once

#include "lib/worker/deadline.hpp"
#include "lib/worker/descriptor.hpp"
#include "lib/worker/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hone {

// A peer that has not read a message after so long is taken for dead.
inline constexpr double send_seconds = 10;

// A message as it came: 8 bytes of header (u32 length of the payload, u16 version, u16 type), the
// payload, and files passed along.
struct Frame {
    MessageType type{};
    std::vector<std::byte> payload;
    std::vector<Descriptor> files;
};

enum class Received : std::uint8_t {
    frame,
    nothing, // the deadline came first
    closed,  // the peer is gone
    garbage, // no frame of this protocol; nothing that follows can be trusted
    foreign, // a frame of another protocol version, see Channel::foreign_version
};

// One thread at a time. Never raises SIGPIPE.
class Channel final {
  public:
    static constexpr std::size_t max_payload_bytes = std::size_t{64} << 20;
    static constexpr std::size_t max_files = 64;

    Channel() = default;
    explicit Channel(Descriptor socket) noexcept : socket_(std::move(socket)) {}

    // Two connected ends, both closed on exec. Throws Error(unavailable) when out of files.
    struct Pair;
    [[nodiscard]] static Pair pair();

    // False when the peer is gone or does not read until the deadline; the channel is unusable
    // then. Files stay the caller's.
    template <typename Message>
    [[nodiscard]] bool send(const Message& message, Deadline deadline,
                            std::span<const int> files = {}) {
        return send(Message::type, encode(message), deadline, files);
    }
    [[nodiscard]] bool send(MessageType type, std::span<const std::byte> payload, Deadline deadline,
                            std::span<const int> files = {});

    // Waits for the rest of a frame until the deadline; a part that came stays for the next call.
    [[nodiscard]] Received receive(Frame& frame, Deadline deadline);
    // What has come already.
    [[nodiscard]] Received receive(Frame& frame) { return receive(frame, Deadline()); }

    // Whether a frame has begun to come and is not complete.
    [[nodiscard]] bool partial() const noexcept { return header_got_ > 0; }
    [[nodiscard]] std::uint16_t foreign_version() const noexcept { return foreign_version_; }
    [[nodiscard]] int file() const noexcept { return socket_.get(); }
    void close() noexcept { socket_.reset(); }

  private:
    enum class Step : std::uint8_t { more, wait, closed, garbage };
    Step read_some(std::byte* to, std::size_t size, std::size_t& got);

    Descriptor socket_;
    static constexpr std::size_t header_bytes = 8;
    std::array<std::byte, header_bytes> header_{};
    std::size_t header_got_ = 0;
    std::vector<std::byte> payload_;
    std::size_t payload_got_ = 0;
    std::vector<Descriptor> files_;
    std::uint16_t foreign_version_ = 0;
};

struct Channel::Pair {
    Channel ours, theirs;
};

} // namespace hone
