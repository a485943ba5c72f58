#include "lib/report/document.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cerrno>
#include <ostream>
#include <utility>

namespace hone {

namespace {

// Cells are ASCII but for what a user names; a byte count is close enough for alignment.
std::vector<std::size_t> widths_of(const Table& table) {
    std::vector<std::size_t> widths;
    for (const Column& column : table.columns) widths.push_back(column.name.size());
    for (const auto& row : table.rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    return widths;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    return right ? fmt::format("{:>{}}", text, width) : fmt::format("{:<{}}", text, width);
}

void write_table(std::ostream& out, const Table& table) {
    const std::vector<std::size_t> widths = widths_of(table);
    const auto line = [&](auto&& cell) {
        std::string text;
        for (std::size_t i = 0; i < widths.size(); ++i)
            text += (i ? "  " : "") + padded(cell(i), widths[i], table.columns[i].right);
        text.erase(text.find_last_not_of(' ') + 1);
        out << text << '\n';
    };
    line([&](std::size_t i) { return table.columns[i].name; });
    for (const auto& row : table.rows) line([&](std::size_t i) { return row[i]; });
    for (const std::string& note : table.notes) out << note << '\n';
}

void write_markdown(std::ostream& out, const Table& table) {
    const auto escaped = [](std::string text) {
        for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
            text.insert(at, 1, '\\');
        std::replace(text.begin(), text.end(), '\n', ' '); // a cell is one line
        return text;
    };
    out << '|';
    for (const Column& column : table.columns) out << ' ' << escaped(column.name) << " |";
    out << "\n|";
    for (const Column& column : table.columns) out << (column.right ? "---:|" : "---|");
    out << '\n';
    for (const auto& row : table.rows) {
        out << '|';
        for (const std::string& cell : row) out << ' ' << escaped(cell) << " |";
        out << '\n';
    }
    for (const std::string& note : table.notes) out << '\n' << note << '\n';
}

void write_csv(std::ostream& out, const Table& table) {
    const auto quoted = [](const std::string& text) {
        if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
        std::string result = "\"";
        for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
        return result + "\"";
    };
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        out << (i ? "," : "") << quoted(table.columns[i].name);
    out << "\r\n";
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) out << (i ? "," : "") << quoted(row[i]);
        out << "\r\n";
    }
}

// Texts may hold bytes that a library or a user's file brought: they are replaced, not fatal.
std::string dump(const nlohmann::ordered_json& json, int indent) {
    return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void write_lines(std::ostream& out, const nlohmann::ordered_json& json) {
    if (!json.contains("results")) {
        out << dump(json, -1) << '\n';
        return;
    }
    for (const auto& result : json["results"]) {
        nlohmann::ordered_json line;
        line["schema"] = json["schema"];
        line.update(result);
        out << dump(line, -1) << '\n';
    }
}

} // namespace

std::optional<Format> parse_format(std::string_view text) noexcept {
    if (text == "table") return Format::table;
    if (text == "json") return Format::json;
    if (text == "jsonl") return Format::jsonl;
    if (text == "csv") return Format::csv;
    if (text == "md") return Format::md;
    return std::nullopt;
}

Document list_document(std::string schema, std::vector<Column> columns) {
    Document document;
    document.json["schema"] = std::move(schema);
    document.json["results"] = nlohmann::ordered_json::array();
    document.table.columns = std::move(columns);
    return document;
}

void write(std::ostream& out, const Document& document, Format format) {
    errno = 0;
    switch (format) {
    case Format::table:
        write_table(out, document.table);
        break;
    case Format::md:
        write_markdown(out, document.table);
        break;
    case Format::csv:
        write_csv(out, document.table);
        break;
    case Format::json:
        out << dump(document.json, 2) << '\n';
        break;
    case Format::jsonl:
        write_lines(out, document.json);
        break;
    }
    out.flush();
    // A reader that has seen enough (head -1) closes the pipe: that is its wish.
    if (!out && errno != EPIPE)
        throw Error(Errc::not_kept, "standard output could not be written", "is the disk full?");
}

} // namespace hone
