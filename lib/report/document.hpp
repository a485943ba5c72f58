// A result that can be written in any of the formats of the command line.
#pragma once

#include <nlohmann/json.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

enum class Format { table, json, jsonl, csv, md };
inline constexpr std::string_view format_names = "table, json, jsonl, csv, md";
[[nodiscard]] std::optional<Format> parse_format(std::string_view text) noexcept;

struct Column {
    std::string name;
    bool right = false; // numbers
};

// What a person reads: one row per result.
struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows; // as many cells as columns
    std::vector<std::string> notes;             // below the table
};

struct Document {
    nlohmann::ordered_json json; // an object with "schema" and, where it is a list, "results"
    Table table;
};

// A document with a list of results, none yet.
[[nodiscard]] Document list_document(std::string schema, std::vector<Column> columns);

// table and md: the table and its notes. csv: the table alone (RFC 4180). json: the document.
// jsonl: one line per entry of "results", each with its schema. Throws Error(not_kept) when the
// stream fails, unless its reader closed it (EPIPE).
void write(std::ostream& out, const Document& document, Format format);

} // namespace hone
