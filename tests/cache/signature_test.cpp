#include "hone/error.hpp"
#include "hone/pack.hpp"
#include "tests/cache/facts.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace fs = std::filesystem;
using namespace hone;

namespace {

std::vector<Record> facts(std::uint32_t revision) {
    Fact fact = hone::test::full_fact();
    fact.revision = revision;
    return {encode(fact)};
}

Errc code_of_signer(const fs::path& pack) {
    try {
        (void)signer_of(pack);
    } catch (const Error& error) {
        return error.code();
    }
    FAIL("no error");
    return Errc::internal;
}

} // namespace

TEST_CASE("a pack is signed by a key, and by that pack and key alone", "[cache]") {
    const hone::test::Folder folder;
    const fs::path file = folder.path() / "a.pack", key = folder.path() / "key";
    const PublicKey mine = make_signing_key(key);
    CHECK(parse_public_key(hex(mine)) == mine);
    struct stat status {};
    REQUIRE(::stat(key.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK_THROWS_AS(make_signing_key(key), Error); // never overwritten

    write_pack(file, facts(1));
    CHECK_FALSE(signer_of(file));
    CHECK(sign_pack(file, key) == mine);
    CHECK(signer_of(file) == mine);

    // The same name and signature over other facts.
    write_pack(file, facts(2));
    CHECK(code_of_signer(file) == Errc::check_failed);
    CHECK(sign_pack(file, key) == mine);
    CHECK(signer_of(file) == mine);

    // Any change to the signature.
    const fs::path signature = file.string() + ".sig";
    const std::string text = [&] {
        std::ifstream in(signature);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    for (const std::size_t at : {std::size_t{0}, text.find("key ") + 4, text.size() - 2}) {
        std::string changed = text;
        changed[at] = changed[at] == '0' ? '1' : '0';
        std::ofstream(signature, std::ios::trunc) << changed;
        CHECK(code_of_signer(file) == Errc::check_failed);
    }
    std::ofstream(signature, std::ios::trunc) << text.substr(0, 40);
    CHECK(code_of_signer(file) == Errc::check_failed);
}

TEST_CASE("what is no key signs nothing, and what is no pack is not signed", "[cache]") {
    const hone::test::Folder folder;
    const fs::path file = folder.path() / "a.pack", key = folder.path() / "key";
    write_pack(file, facts(1));
    CHECK_THROWS_AS(sign_pack(file, key), Error);
    std::ofstream(key) << "secret 00\n";
    CHECK_THROWS_AS(sign_pack(file, key), Error);
    fs::remove(key);
    (void)make_signing_key(key);
    std::ofstream(folder.path() / "b.pack") << "nothing";
    CHECK_THROWS_AS(sign_pack(folder.path() / "b.pack", key), Error);
    CHECK_FALSE(fs::exists(folder.path() / "b.pack.sig"));
    CHECK_FALSE(parse_public_key("12"));
    CHECK_FALSE(parse_public_key(std::string(64, 'g')));
}
