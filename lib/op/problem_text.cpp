#include "hone/error.hpp"
#include "hone/workload.hpp"
#include "lib/base/nearest.hpp"
#include "lib/op/choose.hpp"
#include "lib/op/item.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hone {

namespace {

struct Token {
    std::string_view text;
    std::size_t column = 1;

    [[nodiscard]] std::size_t equals() const { return text.find('='); }
    [[nodiscard]] std::string key() const { return std::string(text.substr(0, equals())); }
    [[nodiscard]] Written value() const {
        return {Written::Type::bare, std::string(text.substr(equals() + 1))};
    }
};

std::vector<Token> split(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    std::vector<Token> tokens;
    std::size_t begin = text.find_first_not_of(blanks);
    while (begin != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
        tokens.push_back({text.substr(begin, end - begin), begin + 1});
        begin = text.find_first_not_of(blanks, end);
    }
    return tokens;
}

[[noreturn]] void fail(std::string_view text, std::size_t column, const Complaint& complaint) {
    throw Error(Errc::workload,
                fmt::format("problem {}: column {}: {}", in_quotes(text), column, complaint.what),
                complaint.hint);
}

Choice choose_by(std::string_view text, const Token& word,
                 std::span<const Operation* const> operations) {
    Choice choice = choose(word.text, operations, true);
    if (!choice.operations.empty()) return choice;
    std::vector<std::string> names;
    for (const Operation* operation : operations) names.push_back(operation->name());
    fail(text, word.column,
         {fmt::format("unknown operation {}", in_quotes(word.text)),
          base::nearest_hint(word.text, names)});
}

} // namespace

WorkloadItem parse_problem(std::string_view text, std::span<const Operation* const> operations) {
    const std::vector<Token> tokens = split(text);
    if (tokens.empty()) {
        fail(text, 1, {"a problem starts with its operation", "for example: gemm m=1 n=1 k=1"});
    }
    const std::span<const Token> pairs = std::span(tokens).subspan(1);
    for (const Token& pair : pairs) {
        if (pair.equals() != std::string_view::npos && pair.equals() != 0) continue;
        fail(text, pair.column,
             {fmt::format("expected key=value, got {}", in_quotes(pair.text)),
              "one space between pairs, none around '='"});
    }

    const Choice choice = choose_by(text, tokens.front(), operations);
    const auto selector = std::find_if(pairs.begin(), pairs.end(), [&](const Token& pair) {
        return !choice.selector_key.empty() && pair.key() == choice.selector_key;
    });
    const bool selects = selector != pairs.end();
    auto selected = choice.select(tokens.front().text,
                                  selects ? std::optional(selector->value()) : std::nullopt);
    if (const auto* complaint = std::get_if<Complaint>(&selected)) {
        fail(text, selects ? selector->column : tokens.front().column, *complaint);
    }

    Item item(*std::get<const Operation*>(selected));
    for (const Token& pair : pairs) {
        if (selects && &pair == &*selector) continue;
        if (const auto complaint = item.set(pair.key(), pair.value())) {
            fail(text, pair.column, *complaint);
        }
    }
    if (const auto complaint = item.finish()) fail(text, tokens.front().column, *complaint);
    WorkloadItem result = item.item();
    result.where = in_quotes(text);
    return result;
}

} // namespace hone
