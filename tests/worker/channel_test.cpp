#include "lib/worker/channel.hpp"
#include "tests/catch.hpp"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace hone;

namespace {

std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 3);
    return bytes;
}

void send_raw(const Channel& channel, const std::string& bytes) {
    REQUIRE(::send(channel.file(), bytes.data(), bytes.size(), 0) ==
            static_cast<ssize_t>(bytes.size()));
}

// Little-endian.
std::string header(std::uint32_t size, std::uint16_t version, std::uint16_t type) {
    std::string text(8, '\0');
    std::memcpy(text.data(), &size, 4);
    std::memcpy(text.data() + 4, &version, 2);
    std::memcpy(text.data() + 6, &type, 2);
    return text;
}

} // namespace

TEST_CASE("frames of any size arrive whole and in order", "[worker]") {
    auto [a, b] = Channel::pair();
    const std::vector<std::size_t> sizes{0, 1, 7, 4096, 300'000, 5'000'000, 0, 1};
    std::thread sender([&a = a, &sizes] {
        for (const std::size_t size : sizes)
            CHECK(a.send(MessageType::load, pattern(size), after(60)));
    });
    for (const std::size_t size : sizes) {
        Frame frame;
        REQUIRE(b.receive(frame, after(60)) == Received::frame);
        CHECK(frame.type == MessageType::load);
        CHECK(frame.payload == pattern(size));
    }
    sender.join();
    Frame frame;
    CHECK(b.receive(frame) == Received::nothing);
    a.close();
    CHECK(b.receive(frame) == Received::closed);
    CHECK_FALSE(b.send(EndRun{}, after(1))); // and no SIGPIPE
}

TEST_CASE("a frame that arrives in pieces is waited for", "[worker]") {
    auto [a, b] = Channel::pair();
    const std::string bytes = header(3, protocol_version, 9) + "abc";
    Frame frame;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        CHECK(b.receive(frame) == Received::nothing);
        send_raw(a, bytes.substr(i, 1));
    }
    REQUIRE(b.receive(frame) == Received::frame);
    CHECK(frame.payload.size() == 3);
}

TEST_CASE("files travel with their frame", "[worker]") {
    auto [a, b] = Channel::pair();
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    Descriptor read_end(ends[0]), write_end(ends[1]);
    const std::array files{read_end.get(), write_end.get()};
    REQUIRE(a.send(BeginRun{}, after(1)));
    REQUIRE(a.send(BeginRun{}, after(1), files));
    REQUIRE(a.send(BeginRun{}, after(1)));
    read_end.reset();
    write_end.reset();

    Frame frame;
    REQUIRE(b.receive(frame) == Received::frame);
    CHECK(frame.files.empty());
    REQUIRE(b.receive(frame) == Received::frame);
    REQUIRE(frame.files.size() == 2);
    CHECK((::fcntl(frame.files[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(::write(frame.files[1].get(), "x", 1) == 1);
    char byte = 0;
    CHECK(::read(frame.files[0].get(), &byte, 1) == 1);
    REQUIRE(b.receive(frame) == Received::frame);
    CHECK(frame.files.empty());
}

TEST_CASE("what is no frame of this protocol is told from one that is", "[worker]") {
    struct Row {
        std::string bytes;
        Received received;
    };
    const std::vector<Row> rows{
        {header(0, protocol_version + 1, 1), Received::foreign},
        {header(Channel::max_payload_bytes + 1, protocol_version, 1), Received::garbage},
        {"HTTP/1.1 400 Bad Request", Received::foreign},
        {header(10, protocol_version, 1) + "short", Received::nothing},
        {header(0, protocol_version, 999), Received::frame}, // a type that its reader refuses
    };
    for (const Row& row : rows) {
        CAPTURE(row.bytes);
        auto [a, b] = Channel::pair();
        send_raw(a, row.bytes);
        Frame frame;
        CHECK(b.receive(frame) == row.received);
    }
}

TEST_CASE("a peer that does not read holds nobody up for ever", "[worker]") {
    auto [a, b] = Channel::pair();
    CHECK_FALSE(a.send(MessageType::load, pattern(5'000'000), after(0.05)));
    CHECK_FALSE(b.send(MessageType::load, pattern(Channel::max_payload_bytes + 1), after(0.05)));
}
