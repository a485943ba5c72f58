#include "description.hpp"

#include "hone/attention.hpp"
#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "hone/grouped_gemm.hpp"
#include "t1.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <muParser.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

namespace hone::kernel_toml {

std::int64_t Amount::value(const Config& config) const {
    mu::Parser parser;
    double result = 0;
    try {
        for (const auto& [name, value] : config.values())
            if (const auto* integer = std::get_if<std::int64_t>(&value))
                parser.DefineConst(name, static_cast<double>(*integer));
        parser.SetExpr(expression);
        result = parser.Eval();
    } catch (const mu::Parser::exception_type& error) {
        throw Error(Errc::workload, fmt::format("{}: {}: {}", where, expression, error.GetMsg()));
    }
    if (!(result >= 1) || result != std::floor(result) || result > 0x1p53)
        throw Error(Errc::workload, fmt::format("{}: {} = {} must be a positive integer", where,
                                                expression, result));
    return static_cast<std::int64_t>(result);
}

namespace {

const Operation* core_operation(std::string_view name) {
    for (const Operation* operation : {&gemm_operation(), &attention_operation(),
                                       &attention_backward_operation(), &grouped_gemm_operation()})
        if (operation->name() == name) return operation;
    return nullptr;
}

class Reader final {
  public:
    explicit Reader(const std::filesystem::path& file) : file_(file) {}

    Description read() {
        try {
            root_ = toml::parse_file(file_.native());
        } catch (const toml::parse_error& error) {
            throw Error(Errc::workload,
                        fmt::format("{}: {}", at(error.source()), error.description()));
        }
        only(root_, {"name", "revision", "source", "entry", "operation", "backend", "options", "t1",
                     "requires", "defines", "parameters", "constraints", "fallback", "launch",
                     "numerics"});
        Description result;
        result.name = text(root_, "name");
        result.entry = text(root_, "entry", result.name);
        result.backend = text(root_, "backend", "cuda");
        result.revision = root_["revision"].value_or(std::int64_t{1});
        const std::string operation = text(root_, "operation");
        result.operation = core_operation(operation);
        if (result.operation == nullptr)
            fail(root_["operation"].node(), "there is no operation " + operation);
        read_source(result);
        result.options = texts(root_, "options");
        read_problem(result);
        read_space(result);
        read_launch(result);
        if (const toml::table* numerics = root_["numerics"].as_table()) {
            only(*numerics, {"accumulator", "deterministic"});
            result.accumulator = text(*numerics, "accumulator", "f32");
            if (!parse_dtype(result.accumulator))
                fail(numerics->get("accumulator"), "no type " + result.accumulator);
            result.deterministic = (*numerics)["deterministic"].value_or(true);
        }
        return result;
    }

  private:
    std::string at(const toml::source_region& source) const {
        return fmt::format("{}:{}:{}", file_.native(), source.begin.line, source.begin.column);
    }
    [[noreturn]] void fail(const toml::node* node, const std::string& what) const {
        throw Error(Errc::workload,
                    fmt::format("{}: {}", node ? at(node->source()) : file_.native(), what));
    }
    void only(const toml::table& table, const std::set<std::string_view>& known) const {
        for (const auto& [key, value] : table)
            if (!known.contains(key.str()))
                throw Error(Errc::workload,
                            fmt::format("{}: unknown key {}", at(key.source()), key.str()),
                            fmt::format("known here: {}", fmt::join(known, ", ")));
    }
    std::string text(const toml::table& table, std::string_view key,
                     const std::string& otherwise = {}) const {
        const toml::node* node = table.get(key);
        if (node == nullptr && !otherwise.empty()) return otherwise;
        if (node == nullptr || !node->is_string() || node->as_string()->get().empty())
            fail(node ? node : &table, fmt::format("{} must be a text", key));
        return node->as_string()->get();
    }
    std::vector<std::string> texts(const toml::table& table, std::string_view key) const {
        std::vector<std::string> list;
        const toml::node* node = table.get(key);
        if (node == nullptr) return list;
        if (!node->is_array()) fail(node, fmt::format("{} must be a list of texts", key));
        for (const toml::node& one : *node->as_array()) {
            if (!one.is_string()) fail(&one, fmt::format("{} must be a list of texts", key));
            list.push_back(one.as_string()->get());
        }
        return list;
    }
    const toml::table& table(std::string_view key) const {
        const toml::node* node = root_.get(key);
        if (node == nullptr || !node->is_table())
            fail(node ? node : &root_, fmt::format("{} must be a table", key));
        return *node->as_table();
    }
    Value value(const toml::node& node) const {
        if (const auto* integer = node.as_integer()) return integer->get();
        if (const auto* real = node.as_floating_point()) return real->get();
        if (const auto* text = node.as_string()) return text->get();
        fail(&node, "a value must be an integer, a real or a text");
    }
    std::string field_text(const toml::node& node) const {
        if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
        return to_string(value(node));
    }
    Amount amount(const toml::node& node) const {
        if (const auto* integer = node.as_integer())
            return {std::to_string(integer->get()), at(node.source())};
        if (const auto* text = node.as_string()) return {text->get(), at(node.source())};
        fail(&node, "must be an integer or an expression over parameters");
    }

    void read_source(Description& result) const {
        result.source_name = text(root_, "source");
        std::ifstream stream(file_.parent_path() / result.source_name);
        if (!stream) fail(root_.get("source"), result.source_name + " cannot be read");
        std::ostringstream whole;
        whole << stream.rdbuf();
        result.source = whole.str();
    }

    void read_problem(Description& result) const {
        const Schema& schema = result.operation->schema();
        const auto known = [&](const toml::key& key) {
            if (schema.find(key.str()) == nullptr)
                throw Error(Errc::workload, fmt::format("{}: {} has no field {}", at(key.source()),
                                                        schema.operation, key.str()));
        };
        if (root_.contains("requires"))
            for (const auto& [key, node] : table("requires")) {
                known(key);
                std::vector<std::string>& list = result.requires_values[std::string(key.str())];
                if (const toml::array* several = node.as_array())
                    for (const toml::node& one : *several) list.push_back(field_text(one));
                else
                    list.push_back(field_text(node));
            }
        if (root_.contains("defines"))
            for (const auto& [key, node] : table("defines")) {
                const std::string field = field_text(node);
                if (schema.find(field) == nullptr)
                    fail(&node, fmt::format("{} has no field {}", schema.operation, field));
                result.defines[std::string(key.str())] = field;
            }
    }

    void read_space(Description& result) const {
        if (root_.contains("t1")) {
            T1Space space = read_t1(file_.parent_path() / text(root_, "t1"));
            result.parameters = std::move(space.parameters);
            result.constraints = std::move(space.constraints);
            result.fallback = std::move(space.defaults);
        }
        if (root_.contains("parameters"))
            for (const auto& [key, node] : table("parameters")) {
                Parameter parameter;
                parameter.name = key.str();
                if (!node.is_array()) fail(&node, parameter.name + " must be a list of values");
                for (const toml::node& one : *node.as_array())
                    parameter.values.push_back(value(one));
                parameter.ordinal = std::ranges::none_of(parameter.values, [](const Value& one) {
                    return std::holds_alternative<std::string>(one);
                });
                result.parameters.push_back(std::move(parameter));
            }
        for (std::string& constraint : texts(root_, "constraints"))
            result.constraints.push_back(Constraint::expression(std::move(constraint)));
        if (root_.contains("fallback")) {
            result.fallback = Config();
            for (const auto& [key, node] : table("fallback"))
                result.fallback.set(std::string(key.str()), value(node));
        }
        try {
            const SearchSpace space(result.parameters, result.constraints, {.listed_nodes = 1});
            const auto index = space.find(result.fallback);
            const bool whole = result.fallback.values().size() == result.parameters.size();
            if (root_.contains("fallback") && (!index || !space.legal(*index)))
                fail(root_.get("fallback"), "the fallback is no legal config");
            if (!whole || !index || !space.legal(*index)) result.fallback = Config();
        } catch (const Error& error) {
            fail(root_.get("constraints"), error.what());
        }
    }

    void read_launch(Description& result) const {
        const toml::table& launch = table("launch");
        only(launch, {"grid", "block", "shared_bytes", "arguments"});
        const toml::node* grid = launch.get("grid");
        if (grid == nullptr || !grid->is_table())
            fail(grid ? grid : &launch, "grid must be a table of x, y and z");
        only(*grid->as_table(), {"x", "y", "z"});
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const toml::node* node = grid->as_table()->get(std::string(1, "xyz"[axis]));
            if (node == nullptr) continue;
            if (!node->is_array()) fail(node, "must be a list of factors");
            for (const toml::node& one : *node->as_array())
                result.grid[axis].push_back(factor(result, one));
        }
        const toml::node* block = launch.get("block");
        if (block == nullptr || !block->is_array() || block->as_array()->empty() ||
            block->as_array()->size() > 3)
            fail(block ? block : &launch, "block must be a list of one to three sizes");
        result.block.fill({"1", at(block->source())});
        for (std::size_t axis = 0; axis < block->as_array()->size(); ++axis)
            result.block[axis] = amount(*block->as_array()->get(axis));
        if (const toml::node* shared = launch.get("shared_bytes"))
            result.shared_bytes = amount(*shared);
        result.arguments = texts(launch, "arguments");
        if (result.arguments.empty()) fail(&launch, "arguments must be a list of texts");
        result.arguments_where = at(launch.get("arguments")->source());
    }

    GridFactor factor(const Description& result, const toml::node& node) const {
        const toml::table* table = node.as_table();
        if (table == nullptr)
            fail(&node, "a factor is { dim = NAME, per = SIZE } or { times = N }");
        only(*table, {"dim", "per", "times"});
        if (const toml::node* times = table->get("times")) return {-1, amount(*times)};
        const std::string name = text(*table, "dim");
        const Field* field = result.operation->schema().find(name);
        if (field == nullptr || field->kind != Field::Kind::dim)
            fail(&node, fmt::format("{} has no dim {}", result.operation->name(), name));
        const toml::node* per = table->get("per");
        return {field->slot, per ? amount(*per) : Amount{"1", at(node.source())}};
    }

    std::filesystem::path file_;
    toml::table root_;
};

} // namespace

Description read_description(const std::filesystem::path& file) { return Reader(file).read(); }

} // namespace hone::kernel_toml
