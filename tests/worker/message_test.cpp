#include "tests/catch.hpp"
#include "tests/seed.hpp"
#include "tests/worker/messages.hpp"

#include <random>
#include <span>
#include <vector>

using namespace hone;

namespace {

template <typename Action> void for_all_messages(const Action& action) {
    std::apply([&](const auto&... message) { (action(message), ...); }, test::all_messages());
}

} // namespace

TEST_CASE("every message comes out of its bytes as it went in", "[worker]") {
    int count = 0;
    for_all_messages([&]<typename Message>(const Message& message) {
        const std::vector<std::byte> bytes = encode(message);
        CHECK(encode(decode<Message>(bytes)) == bytes);
        ++count;
    });
    CHECK(count == static_cast<int>(MessageType::began));

    // Equal bytes say little about fields that are never written, so some are looked at.
    const auto load = decode<Load>(encode(Load{{test::some_program(), {test::some_binary()}}}));
    CHECK(digest(load.executable.program) == digest(test::some_program()));
    CHECK(load.executable.binaries.at(0).resources.shared_bytes == 49152);
    const auto problem = decode<SetProblem>(encode(test::some_problem()));
    CHECK(problem.problem == test::some_problem().problem);
    CHECK(problem.args.at(0).strides[0] == 136);
    const auto device = test::some_device();
    CHECK(decode<Hello>(encode(Hello{"cuda", device, {}, {}, 0, {}})).device.model == device.model);
}

TEST_CASE("a message that ends early, or late, is malformed", "[worker]") {
    for_all_messages([]<typename Message>(const Message& message) {
        std::vector<std::byte> bytes = encode(message);
        for (std::size_t size = 0; size < bytes.size(); ++size)
            CHECK_THROWS_AS(decode<Message>(std::span(bytes).first(size)), Malformed);
        bytes.push_back(std::byte{0});
        CHECK_THROWS_AS(decode<Message>(bytes), Malformed);
    });
}

TEST_CASE("damaged bytes are malformed or another message, never anything else", "[worker]") {
    std::mt19937_64 random(test::seed());
    int malformed = 0;
    for_all_messages([&]<typename Message>(const Message& message) {
        const std::vector<std::byte> intact = encode(message);
        for (int i = 0; i < 300 && !intact.empty(); ++i) {
            std::vector<std::byte> bytes = intact;
            for (int n = 0; n < 3; ++n)
                bytes[random() % bytes.size()] = static_cast<std::byte>(random());
            try {
                const auto other = decode<Message>(bytes);
                CHECK(encode(other) == bytes);
            } catch (const Malformed&) {
                ++malformed;
            }
        }
    });
    CHECK(malformed > 100);
}
