#include "trust.hpp"

#include "hone/error.hpp"

#include <algorithm>
#include <optional>

namespace hone::directory {

Place Place::parse(std::string_view url) {
    constexpr std::string_view mark = "?signed=";
    const std::size_t colon = url.find(':');
    std::string_view path = url.substr(colon == std::string_view::npos ? 0 : colon + 1);
    Place place;
    if (const std::size_t at = path.rfind(mark); at != std::string_view::npos) {
        std::string_view keys = path.substr(at + mark.size());
        path = path.substr(0, at);
        for (bool more = true; more;) {
            const std::size_t comma = keys.find(',');
            const std::optional<PublicKey> key = parse_public_key(keys.substr(0, comma));
            if (!key)
                throw Error(Errc::usage,
                            std::string(url) + ": behind ?signed= stand public keys of 64 digits",
                            "`hone cache sign` prints the key");
            place.keys.push_back(*key);
            more = comma != std::string_view::npos;
            if (more) keys.remove_prefix(comma + 1);
        }
    }
    if (path.empty())
        throw Error(Errc::usage, std::string(url) + ": names no path",
                    "write dir:/shared/folder or pack:/path/to/FILE.pack");
    place.path = path;
    return place;
}

std::vector<Record> Place::read(const std::filesystem::path& file, Digest* name) const {
    if (!keys.empty()) {
        const std::optional<PublicKey> signer = signer_of(file);
        if (!signer || std::find(keys.begin(), keys.end(), *signer) == keys.end())
            throw Error(Errc::check_failed,
                        file.string() +
                            (signer ? ": signed by " + hex(*signer) + ", who is not trusted"
                                    : ": it is not signed"),
                        "`hone cache sign` signs a pack");
    }
    return read_pack(file, name);
}

} // namespace hone::directory
