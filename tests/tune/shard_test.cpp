#include "lib/tune/shard.hpp"
#include "tests/catch.hpp"

#include <set>
#include <string>

using namespace hone;

TEST_CASE("every key belongs to exactly one shard, and all shards get some", "[tune]") {
    for (const int count : {1, 2, 3, 8}) {
        std::set<int> used;
        for (int key = 0; key < 400; ++key) {
            int owners = 0;
            for (int index = 0; index < count; ++index) {
                if (!in_shard("problem " + std::to_string(key), {index, count})) continue;
                ++owners;
                used.insert(index);
            }
            CHECK(owners == 1);
        }
        CHECK(static_cast<int>(used.size()) == count);
    }
}

TEST_CASE("another machine moves keys only to itself", "[tune]") {
    for (int key = 0; key < 400; ++key) {
        const std::string text = "problem " + std::to_string(key);
        if (in_shard(text, {3, 4})) continue;
        for (int index = 0; index < 3; ++index)
            CHECK(in_shard(text, {index, 3}) == in_shard(text, {index, 4}));
    }
}
