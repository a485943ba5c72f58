#include "cache/record_fields.hpp"
#include "hone/error.hpp"
#include "hone/fact.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace hone {

std::string_view to_string(Stage stage) noexcept {
    switch (stage) {
    case Stage::screen:
        return "screen";
    case Stage::race:
        return "race";
    case Stage::final:
        return "final";
    }
    return "unknown stage";
}

namespace {

using nlohmann::json;

// Compilers and kernels write what they like into their messages; a CBOR text is UTF-8.
std::string utf8(const std::string& text) {
    const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (std::all_of(text.begin(), text.end(), ascii)) return text;
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace))
        .get<std::string>();
}

// The longest start of a UTF-8 text that fits and ends between two characters.
std::string cut(std::string text, std::size_t limit) {
    if (text.size() <= limit) return text;
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
    };
    while (limit > 0 && continues(limit)) --limit;
    text.resize(limit);
    return text;
}

template <std::size_t n> json bytes(const std::array<std::uint8_t, n>& data) {
    return json::binary({data.begin(), data.end()});
}

class Writer final {
  public:
    explicit Writer(json& map) : map_(map) {}

    void operator()(const char* name, const std::string& text) { map_[name] = utf8(text); }
    template <typename Number>
    requires std::is_arithmetic_v<Number>
    void operator()(const char* name, Number value) { map_[name] = value; }
    void operator()(const char* name, const Digest& digest) { map_[name] = bytes(digest.bytes); }
    void operator()(const char* name, const SittingId& id) { map_[name] = bytes(id); }
    void operator()(const char* name, const std::vector<std::int64_t>& values) {
        map_[name] = json::array();
        for (const std::int64_t value : values) map_[name].push_back(value);
    }
    void operator()(const char* name, const ErrorPair& error) {
        map_[name] = {error.frobenius_ppt, error.componentwise_ppt};
    }
    void operator()(const char* name, const TimeSummary& time) {
        json inner = json::object();
        cache::visit_fields(time, Writer(inner));
        map_[name] = std::move(inner);
    }
    template <typename Enum>
    requires std::is_enum_v<Enum>
    void operator()(const char* name, Enum value) {
        map_[name] = static_cast<std::uint64_t>(value);
    }

  private:
    json& map_;
};

Record seal(const json& map) {
    const std::vector<std::uint8_t> encoded = json::to_cbor(map);
    if (encoded.size() > cache::max_record_bytes)
        throw Error(Errc::not_kept, fmt::format("a fact of {} bytes is larger than the {} allowed",
                                                encoded.size(), cache::max_record_bytes));
    Record record;
    record.bytes.resize(encoded.size());
    std::memcpy(record.bytes.data(), encoded.data(), encoded.size());
    record.id = digest(record.bytes);
    return record;
}

} // namespace

Record encode(const Fact& fact) {
    json map = {{"kind", "fact"}, {"format", Fact::format}};
    cache::visit_fields(fact, Writer(map));
    map["detail"] = cut(map["detail"].get<std::string>(), cache::max_detail_bytes);
    return seal(map);
}

Record encode(const Retraction& retraction) {
    json map = {{"kind", "retraction"}, {"format", Fact::format}};
    cache::visit_fields(retraction, Writer(map));
    map["reason"] = cut(map["reason"].get<std::string>(), cache::max_detail_bytes);
    return seal(map);
}

} // namespace hone
