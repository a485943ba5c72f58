#include "lib/worker/channel.hpp"

#include "hone/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace hone {

namespace {

struct Header {
    std::uint32_t payload_bytes;
    std::uint16_t version;
    std::uint16_t type;
};
static_assert(sizeof(Header) == 8);

// Memory is taken as bytes arrive, not as a header promises.
constexpr std::size_t payload_step_bytes = std::size_t{1} << 20;

using ControlBuffer = std::array<char, CMSG_SPACE(sizeof(int) * Channel::max_files)>;

bool wait_for(int socket, short events, Deadline deadline) {
    pollfd entry{socket, events, 0};
    while (true) {
        const int n = ::poll(&entry, 1, poll_timeout_ms(deadline));
        if (n > 0) return true;
        if (n < 0 && errno != EINTR) return false;
        if (Clock::now() >= deadline) return false;
    }
}

// Files of a received message, owned from here on.
void collect(const msghdr& message, std::vector<Descriptor>& files) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(const_cast<msghdr*>(&message), part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < n; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
            files.emplace_back(number);
        }
    }
}

} // namespace

Channel::Pair Channel::pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        throw Error(Errc::unavailable, std::string("no socket pair: ") + std::strerror(errno),
                    "raise the limit of open files (ulimit -n)");
    }
    return {Channel(Descriptor(ends[0])), Channel(Descriptor(ends[1]))};
}

bool Channel::send(MessageType type, std::span<const std::byte> payload, Deadline deadline,
                   std::span<const int> files) {
    if (!socket_ || payload.size() > max_payload_bytes || files.size() > max_files) return false;
    Header header{static_cast<std::uint32_t>(payload.size()), protocol_version,
                  static_cast<std::uint16_t>(type)};
    std::array<iovec, 2> parts{
        {{&header, sizeof header}, {const_cast<std::byte*>(payload.data()), payload.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    alignas(cmsghdr) ControlBuffer control{};
    if (!files.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(files.size_bytes());
        cmsghdr* part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(files.size_bytes());
        std::memcpy(CMSG_DATA(part), files.data(), files.size_bytes());
    }

    std::size_t left = sizeof header + payload.size();
    while (true) {
        const ssize_t n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN || !wait_for(socket_.get(), POLLOUT, deadline)) return false;
            continue;
        }
        left -= static_cast<std::size_t>(n);
        if (left == 0) return true;
        message.msg_control = nullptr; // files went with the first byte
        message.msg_controllen = 0;
        std::size_t sent = static_cast<std::size_t>(n);
        for (iovec& part : parts) {
            const std::size_t here = std::min(sent, part.iov_len);
            part.iov_base = static_cast<char*>(part.iov_base) + here;
            part.iov_len -= here;
            sent -= here;
        }
    }
}

Channel::Step Channel::read_some(std::byte* to, std::size_t size, std::size_t& got) {
    iovec part{to, size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) ControlBuffer control{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0) {
        if (errno == EINTR) return Step::more;
        return errno == EAGAIN ? Step::wait : Step::closed;
    }
    collect(message, files_);
    if (n == 0) return Step::closed;
    if ((message.msg_flags & MSG_CTRUNC) != 0 || files_.size() > max_files) return Step::garbage;
    got += static_cast<std::size_t>(n);
    return Step::more;
}

Received Channel::receive(Frame& frame, Deadline deadline) {
    if (!socket_) return Received::closed;
    while (true) {
        Step step{};
        if (header_got_ < header_bytes) {
            step = read_some(header_.data() + header_got_, header_bytes - header_got_, header_got_);
        } else {
            Header header;
            std::memcpy(&header, header_.data(), sizeof header);
            if (header.version != protocol_version) {
                foreign_version_ = header.version;
                return Received::foreign;
            }
            if (header.payload_bytes > max_payload_bytes) return Received::garbage;
            if (payload_got_ == header.payload_bytes) {
                payload_.resize(payload_got_);
                frame = {static_cast<MessageType>(header.type), std::move(payload_),
                         std::move(files_)};
                header_got_ = payload_got_ = 0;
                payload_.clear();
                files_.clear();
                return Received::frame;
            }
            payload_.resize(
                std::min<std::size_t>(header.payload_bytes, payload_got_ + payload_step_bytes));
            step = read_some(payload_.data() + payload_got_, payload_.size() - payload_got_,
                             payload_got_);
        }
        if (step == Step::closed) return Received::closed;
        if (step == Step::garbage) return Received::garbage;
        if (step == Step::wait &&
            (Clock::now() >= deadline || !wait_for(socket_.get(), POLLIN, deadline)))
            return Received::nothing;
    }
}

} // namespace hone
