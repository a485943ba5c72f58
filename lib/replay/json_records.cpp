#include "lib/replay/json_records.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace hone::replay {

namespace {

constexpr int root_depth = 0, member_depth = 1, record_depth = 2;

bool holds_records(const std::string& member) { return member == "cache" || member == "results"; }

std::string place_of(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte ? byte - 1 : 0, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n');
    const std::size_t column =
        before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
    return fmt::format("{}:{}", line, column);
}

// "[json.exception.parse_error.101] parse error at line 1, column 4: syntax error ...": what is
// behind the place.
std::string reason_of(const Json::parse_error& error) {
    const std::string text = error.what();
    const std::size_t place = text.find("parse error at ");
    const std::size_t colon = text.find(": ", place == std::string::npos ? 0 : place);
    return colon == std::string::npos ? text : text.substr(colon + 2);
}

// NaN, Infinity and -Infinity, which Python writes and JSON has not, as many characters that are no
// number. Nothing where there are none, which saves the copy of a large text.
std::optional<std::string> without_python_numbers(std::string_view text) {
    struct Spelling {
        std::string_view python, json;
    };
    constexpr std::array<Spelling, 3> spellings = {
        {{"-Infinity", "null     "}, {"Infinity", "null    "}, {"NaN", "\"\" "}}};
    std::optional<std::string> result;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\') ++i;
        if (c == '"') quoted = !quoted;
        if (quoted || (c != '-' && c != 'I' && c != 'N')) continue;
        for (const auto& [python, json] : spellings) {
            if (text.compare(i, python.size(), python) != 0) continue;
            if (!result) result.emplace(text);
            result->replace(i, json.size(), json);
            i += python.size() - 1;
            break;
        }
    }
    return result;
}

// "[json.exception.out_of_range.406] number overflow parsing '1e400'": where the number stands.
std::string place_of_number(std::string_view text, std::string_view what) {
    const std::size_t begin = what.find('\'');
    const std::size_t end = what.rfind('\'');
    if (begin == std::string_view::npos || end <= begin) return "1:1";
    const std::size_t found = text.find(what.substr(begin + 1, end - begin - 1));
    return place_of(text, found == std::string_view::npos ? 0 : found + 1);
}

} // namespace

RecordWalk walk_records(std::string_view text, const std::string& file, const TakeRecord& take) {
    RecordWalk walk;
    std::string member, name;
    std::uint64_t number = 0;
    const auto visit = [&](int depth, Json::parse_event_t event, Json& parsed) {
        using Event = Json::parse_event_t;
        if (event == Event::key) {
            if (depth == member_depth) member = parsed.get<std::string>();
            if (depth == record_depth) name = parsed.get<std::string>();
            return true;
        }
        const bool ends =
            event == Event::object_end || event == Event::array_end || event == Event::value;
        if (depth == member_depth && ends && !member.empty()) {
            if (holds_records(member) && event != Event::value)
                walk.collection = member;
            else
                walk.header[member] = parsed;
            return true;
        }
        if (depth == record_depth && ends && holds_records(member)) {
            if (member == "results") name = std::to_string(number);
            ++number;
            walk.collection = member;
            take(walk, name, parsed);
            return false; // taken: the tree does not grow
        }
        return true;
    };
    try {
        const auto rewritten = without_python_numbers(text);
        const std::string_view json = rewritten ? std::string_view(*rewritten) : text;
        const Json root = Json::parse(json.begin(), json.end(), visit);
        if (!root.is_object())
            throw Error(Errc::workload, file + ":1:1: a recorded space is a JSON object");
    } catch (const Json::parse_error& error) {
        if (error.byte <= text.size())
            throw Error(Errc::workload, fmt::format("{}:{}: {}", file, place_of(text, error.byte),
                                                    reason_of(error)));
        walk.truncated = place_of(text, text.size() + 1);
    } catch (const Json::out_of_range& error) {
        throw Error(Errc::workload, fmt::format("{}:{}: a number beyond every type", file,
                                                place_of_number(text, error.what())));
    }
    if (walk.collection.empty())
        throw Error(Errc::workload,
                    walk.truncated.empty()
                        ? file + ": has no recorded configurations"
                        : fmt::format("{}:{}: the text ends before the first configuration", file,
                                      walk.truncated),
                    "expected a Kernel Tuner cache file (member \"cache\") or a T4 file (member "
                    "\"results\")");
    return walk;
}

} // namespace hone::replay
