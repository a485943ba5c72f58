#include "cache/record_fields.hpp"
#include "hone/fact.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace hone {

namespace {

using nlohmann::json;

// The CBOR reader recurses once per nested array or map, so the depth of hostile bytes is looked at
// before they become a document.
class Survey final : public nlohmann::json_sax<json> {
  public:
    bool has_float = false;
    bool too_deep = false;

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return has_float = true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool key(string_t&) override { return true; }
    bool start_object(std::size_t) override { return enter(); }
    bool start_array(std::size_t) override { return enter(); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

  private:
    int depth_ = 0;

    bool enter() {
        too_deep = ++depth_ > cache::max_record_depth;
        return !too_deep;
    }
    bool leave() {
        --depth_;
        return true;
    }
};

bool is_utf8(const std::string& text) {
    const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (std::all_of(text.begin(), text.end(), ascii)) return true;
    const std::string kept = json(text).dump(-1, ' ', false, json::error_handler_t::ignore);
    const std::string shown = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
    return kept == shown;
}

// Takes the fields of a map; the first that is missing or wrong becomes the error.
class Reader final {
  public:
    Reader(const json& map, std::string& error) : map_(map), error_(error) {}

    void operator()(const char* name, std::string& text) {
        const json* value = find(name, &json::is_string, "a text");
        if (!value) return;
        text = value->get_ref<const std::string&>();
        if (!is_utf8(text)) fail(name, "UTF-8");
    }
    void operator()(const char* name, std::uint64_t& number) {
        read_unsigned(name, number, std::numeric_limits<std::uint64_t>::max());
    }
    void operator()(const char* name, std::uint32_t& number) {
        read_unsigned(name, number, std::numeric_limits<std::uint32_t>::max());
    }
    void operator()(const char* name, bool& flag) {
        if (const json* value = find(name, &json::is_boolean, "true or false"))
            flag = value->get<bool>();
    }
    void operator()(const char* name, Digest& digest) { read_bytes(name, digest.bytes); }
    void operator()(const char* name, SittingId& id) { read_bytes(name, id); }
    void operator()(const char* name, Stage& stage) { read_enum(name, stage, Stage::final); }
    void operator()(const char* name, Origin& origin) { read_enum(name, origin, Origin::imported); }
    void operator()(const char* name, Outcome& outcome) {
        read_enum(name, outcome, static_cast<Outcome>(outcome_count - 1));
    }
    void operator()(const char* name, ErrorPair& error) {
        const json* value = find(name, &json::is_array, "a pair of numbers");
        if (!value) return;
        if (value->size() != 2 || !value->at(0).is_number_unsigned() ||
            !value->at(1).is_number_unsigned())
            return fail(name, "a pair of numbers of at least 0");
        error = {value->at(0).get<std::uint64_t>(), value->at(1).get<std::uint64_t>()};
    }
    void operator()(const char* name, std::vector<std::int64_t>& numbers) {
        const json* value = find(name, &json::is_array, "a list of integers");
        if (!value) return;
        if (value->size() > cache::max_leading) return fail(name, "at most 64 integers");
        constexpr auto largest = std::numeric_limits<std::int64_t>::max();
        for (const json& item : *value) {
            const bool fits =
                item.is_number_integer() && !(item.is_number_unsigned() &&
                                              std::cmp_greater(item.get<std::uint64_t>(), largest));
            if (!fits) return fail(name, "a list of 64-bit integers");
            numbers.push_back(item.get<std::int64_t>());
        }
    }
    void operator()(const char* name, TimeSummary& time) {
        if (const json* value = find(name, &json::is_object, "a map"))
            cache::visit_fields(time, Reader(*value, error_));
    }

  private:
    const json& map_;
    std::string& error_;

    void fail(const char* name, std::string_view expected) {
        if (error_.empty()) error_ = fmt::format("field \"{}\" is not {}", name, expected);
    }
    const json* find(const char* name, bool (json::*is)() const noexcept,
                     std::string_view expected) {
        const auto at = map_.find(name);
        if (at != map_.end() && ((*at).*is)()) return &*at;
        fail(name, expected);
        return nullptr;
    }
    template <typename T> void read_unsigned(const char* name, T& number, std::uint64_t largest) {
        const json* value = find(name, &json::is_number_unsigned, "a number of at least 0");
        if (!value) return;
        if (value->get<std::uint64_t>() > largest)
            return fail(name, fmt::format("at most {}", largest));
        number = value->get<T>();
    }
    template <typename Enum> void read_enum(const char* name, Enum& value, Enum last) {
        std::uint64_t number = 0;
        read_unsigned(name, number, static_cast<std::uint64_t>(last));
        value = static_cast<Enum>(number);
    }
    template <std::size_t n> void read_bytes(const char* name, std::array<std::uint8_t, n>& data) {
        const json* value = find(name, &json::is_binary, "a byte string");
        if (!value) return;
        const json::binary_t& bytes = value->get_binary();
        if (bytes.size() != n) return fail(name, fmt::format("{} bytes", n));
        std::copy(bytes.begin(), bytes.end(), data.begin());
    }
};

template <typename T> Decoded read_fields(const json& map, std::optional<T> Decoded::*member) {
    Decoded decoded;
    T value;
    cache::visit_fields(value, Reader(map, decoded.error));
    if (decoded.error.empty()) decoded.*member = std::move(value);
    return decoded;
}

Decoded refused(std::string error) {
    Decoded decoded;
    decoded.error = std::move(error);
    return decoded;
}

} // namespace

Decoded decode(std::span<const std::byte> bytes) {
    if (bytes.size() > cache::max_record_bytes)
        return refused(fmt::format("a record of {} bytes is larger than the {} allowed",
                                   bytes.size(), cache::max_record_bytes));
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const auto* last = first + bytes.size();

    Survey survey;
    if (!json::sax_parse(first, last, &survey, json::input_format_t::cbor))
        return refused(survey.too_deep ? "nested too deeply" : "not CBOR");
    const json map = json::from_cbor(first, last, /*strict=*/true, /*allow_exceptions=*/false);
    if (!map.is_object()) return refused("not a CBOR map");

    // First the format: a later one may have other rules than those checked below.
    const auto format = map.find("format");
    if (format == map.end() || !format->is_number_unsigned())
        return refused("field \"format\" is not a number");
    if (const auto number = format->get<std::uint64_t>(); number != Fact::format) {
        Decoded decoded = refused(fmt::format("format {}; known is {}", number, Fact::format));
        decoded.newer = number > Fact::format;
        return decoded;
    }

    if (survey.has_float) return refused("not canonical: a floating point number");
    if (const std::vector<std::uint8_t> again = json::to_cbor(map);
        !std::equal(again.begin(), again.end(), first, last))
        return refused("not canonical: another encoding of the same content");

    const auto kind = map.find("kind");
    if (kind == map.end() || !kind->is_string()) return refused("field \"kind\" is not a text");
    if (*kind == "retraction") return read_fields(map, &Decoded::retraction);
    if (*kind != "fact") return refused("neither a fact nor a retraction");

    Decoded decoded = read_fields(map, &Decoded::fact);
    if (decoded.fact && decoded.fact->detail.size() > cache::max_detail_bytes)
        return refused("field \"detail\" is longer than 4096 bytes");
    return decoded;
}

Decoded decode(const Record& record) {
    if (digest(record.bytes) != record.id) return refused("the id is not the digest of the bytes");
    return decode(std::span(record.bytes));
}

} // namespace hone
