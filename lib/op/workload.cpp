#include "hone/workload.hpp"

#include "hone/error.hpp"
#include "lib/base/nearest.hpp"
#include "lib/op/choose.hpp"
#include "lib/op/toml_text.hpp"
#include "lib/op/workload_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <errno.h>
#include <fstream>
#include <iterator>
#include <system_error>

namespace hone {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{4} << 20;
constexpr std::size_t max_problems = 65536;

// A table of problems and its name in the file.
struct ProblemTable {
    std::string name;
    const toml::table* table = nullptr;
};

toml::table parse(std::string_view text, const std::string& file_name) {
    try {
        return toml::parse(text, file_name);
    } catch (const toml::parse_error& error) {
        fail(at(file_name, error.source().begin),
             {std::string(error.description()),
              "this is TOML: texts stand in quotes, problems below [[gemm]]"});
    }
}

// The parser recurses along dotted keys, so a key of thousands of parts would end the process.
void refuse_deep_keys(std::string_view text, const std::string& file_name) {
    constexpr std::ptrdiff_t max_dots = 256;
    for (std::uint32_t line = 1; !text.empty(); ++line) {
        const std::string_view content = text.substr(0, text.find('\n'));
        if (std::count(content.begin(), content.end(), '.') > max_dots) {
            fail(at(file_name, {line, 1}),
                 {fmt::format("more than {} dots on one line", max_dots), "break the line"});
        }
        text.remove_prefix(std::min(content.size() + 1, text.size()));
    }
}

void read_header(const std::string& file_name, const toml::node& node, Workload& workload) {
    static const std::vector<std::string> keys = {"name", "phase"};
    static const std::vector<std::string> phases = {"prefill", "decode", "training"};
    const toml::table* table = node.as_table();
    if (table == nullptr) {
        fail(at(file_name, node.source().begin),
             {"workload must be one table", "write [workload]"});
    }
    for (const TomlEntry& entry : entries(*table)) {
        if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) {
            fail(at(file_name, entry.key_position), {"workload has no key " + in_quotes(entry.key),
                                                     base::nearest_hint(entry.key, keys)});
        }
        const std::string where = at(file_name, entry.value->source().begin);
        const auto text = read_text(entry.key, written(*entry.value));
        if (const auto* complaint = std::get_if<Complaint>(&text)) fail(where, *complaint);
        const auto& value = std::get<std::string>(text);
        if (entry.key == "name") {
            workload.name = value;
            continue;
        }
        if (std::find(phases.begin(), phases.end(), value) == phases.end()) {
            fail(where, {"phase must be prefill, decode or training, got " + in_quotes(value),
                         base::nearest_hint(value, phases)});
        }
        workload.phase = value;
    }
}

// Both [gemm] and [[gemm]], as often as there are.
void collect(const std::string& file_name, const std::string& name, const toml::node& node,
             std::vector<ProblemTable>& tables) {
    if (const toml::table* table = node.as_table()) {
        tables.push_back({name, table});
        return;
    }
    const toml::array* list = node.as_array();
    const bool of_tables = list != nullptr && !list->empty() &&
                           std::all_of(list->begin(), list->end(),
                                       [](const toml::node& entry) { return entry.is_table(); });
    if (!of_tables) {
        fail(at(file_name, node.source().begin),
             {name + " must be a table, got " + written(node).shown(), "write [[" + name + "]]"});
    }
    for (const toml::node& entry : *list) tables.push_back({name, entry.as_table()});
}

std::vector<std::string> table_names(std::span<const Operation* const> operations) {
    std::vector<std::string> names = {"workload"};
    for (const Operation* operation : operations) names.push_back(table_of(*operation));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

} // namespace

Workload parse_workload(std::string_view toml, const std::string& file_name,
                        std::span<const Operation* const> operations) {
    refuse_deep_keys(toml, file_name);
    const toml::table root = parse(toml, file_name);
    Workload workload;
    std::vector<ProblemTable> tables;
    for (const auto& [key, node] : root) {
        const std::string name(key.str());
        if (name == "workload") {
            read_header(file_name, node, workload);
        } else if (choose(name, operations, false).operations.empty()) {
            fail(at(file_name, key.source().begin),
                 {"unknown table " + in_quotes(name),
                  base::nearest_hint(name, table_names(operations))});
        } else {
            collect(file_name, name, node, tables);
        }
    }
    // The parser sorts tables by name.
    std::stable_sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) {
        return a.table->source().begin < b.table->source().begin;
    });
    for (const auto& [name, table] : tables) {
        expand(file_name, name, *table, choose(name, operations, false), workload.items);
        if (workload.items.size() <= max_problems) continue;
        fail(at(file_name, table->source().begin),
             {fmt::format("more than {} problems in one file", max_problems), "split the file"});
    }
    if (workload.items.empty()) {
        fail(at(file_name, {1, 1}),
             {"there is no problem in this workload",
              fmt::format("known are: {}", fmt::join(table_names(operations), ", "))});
    }
    return workload;
}

Workload load_workload(const std::filesystem::path& file,
                       std::span<const Operation* const> operations) {
    const std::string name = file.string();
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
        throw Error(Errc::workload, name + ": a folder, not a workload file");
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        throw Error(
            Errc::workload, name + ": " + std::generic_category().message(errno),
            "a workload is a TOML file, or a problem text such as 'gemm m=64 n=64 k=64 a=f32'");
    }
    std::string text(max_file_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_file_bytes) {
        throw Error(Errc::workload, fmt::format("{}: larger than {} bytes", name, max_file_bytes));
    }
    if (in.bad()) throw Error(Errc::workload, name + ": cannot be read");
    return parse_workload(text, name, operations);
}

} // namespace hone
