#include "lib/cli/kernel_file.hpp"

#include "hone/error.hpp"
#include "lib/base/nearest.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>

namespace hone::cli {

namespace {

constexpr std::int64_t most_elements = std::int64_t{1} << 28;

class Reader final {
  public:
    explicit Reader(std::filesystem::path file) : path_(std::move(file)) {}

    KernelFile read() {
        toml::table root;
        try {
            root = toml::parse_file(path_.string());
        } catch (const toml::parse_error& error) {
            throw Error(Errc::workload, where(error.source()) + std::string(error.description()));
        }
        known(root, {"kernel", "launch", "argument"});
        kernel(table(root, "kernel"));
        launch(table(root, "launch"));
        if (const toml::node* list = root.get("argument")) {
            const toml::array* tables = list->as_array();
            if (!tables) fail(*list, "argument must be a list of tables, written [[argument]]");
            for (const toml::node& one : *tables) {
                if (!one.is_table()) fail(one, "an argument must be a table");
                result_.arguments.push_back(argument(*one.as_table()));
            }
        }
        return std::move(result_);
    }

  private:
    std::string where(const toml::source_region& source) const {
        return fmt::format("{}:{}:{}: ", path_.string(), source.begin.line, source.begin.column);
    }
    [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
        throw Error(Errc::workload, where(node.source()) + what);
    }

    void known(const toml::table& in, const std::vector<std::string>& keys) const {
        for (const auto& [key, node] : in)
            if (std::find(keys.begin(), keys.end(), key.str()) == keys.end())
                throw Error(Errc::workload,
                            where(node.source()) + fmt::format("unknown key \"{}\"", key.str()),
                            base::nearest_hint(key.str(), keys));
    }
    const toml::table& table(const toml::table& in, std::string_view key) const {
        const toml::node* node = in.get(key);
        if (!node) throw Error(Errc::workload, fmt::format("{}: no [{}]", path_.string(), key));
        if (!node->is_table()) fail(*node, fmt::format("{} must be a table", key));
        return *node->as_table();
    }
    std::string text(const toml::table& in, std::string_view key, std::string otherwise) const {
        const toml::node* node = in.get(key);
        if (!node) return otherwise;
        if (!node->is_string()) fail(*node, fmt::format("{} must be a text", key));
        return node->as_string()->get();
    }
    double number(const toml::node& node, std::string_view key) const {
        if (const auto* integer = node.as_integer()) return static_cast<double>(integer->get());
        if (const auto* real = node.as_floating_point()) return real->get();
        fail(node, fmt::format("{} must be a number", key));
    }
    std::vector<double> numbers(const toml::node& node, std::string_view key) const {
        std::vector<double> all;
        if (const toml::array* array = node.as_array())
            for (const toml::node& one : *array) all.push_back(number(one, key));
        else
            all.push_back(number(node, key));
        return all;
    }

    void kernel(const toml::table& in) {
        known(in, {"source", "name", "arch", "options"});
        const std::string source = text(in, "source", "");
        if (source.empty()) fail(in, "source must name a .cu or .ptx file");
        result_.source_name = (path_.parent_path() / source).lexically_normal().string();
        std::ifstream stream(path_.parent_path() / source, std::ios::binary);
        if (!stream)
            fail(*in.get("source"),
                 fmt::format("cannot read {}", (path_.parent_path() / source).string()));
        result_.source.assign(std::istreambuf_iterator<char>(stream), {});
        result_.kernel = text(in, "name", "");
        if (result_.kernel.empty())
            fail(in, "name must be the kernel's entry point, declared extern \"C\"");
        result_.arch = text(in, "arch", result_.arch);
        if (const toml::node* options = in.get("options")) {
            if (!options->is_array()) fail(*options, "options must be a list of texts");
            for (const toml::node& one : *options->as_array()) {
                if (!one.is_string()) fail(one, "an option must be a text");
                result_.options.push_back(one.as_string()->get());
            }
        }
    }

    void launch(const toml::table& in) {
        known(in, {"grid", "block", "shared_bytes"});
        const auto extents = [&](std::string_view key, auto& out) {
            const toml::node* node = in.get(key);
            if (!node) fail(in, fmt::format("no {}", key));
            const std::vector<double> values = numbers(*node, key);
            if (values.empty() || values.size() > 3) fail(*node, "one to three extents");
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (values[i] < 1 || values[i] > 0x7FFFFFFF || values[i] != std::floor(values[i]))
                    fail(*node, fmt::format("an extent of {} must be a positive integer", key));
                out[i] = static_cast<std::remove_reference_t<decltype(out[i])>>(values[i]);
            }
        };
        extents("grid", result_.grid);
        extents("block", result_.block);
        if (const toml::node* node = in.get("shared_bytes")) {
            if (!node->is_integer() || node->as_integer()->get() < 0)
                fail(*node, "shared_bytes must be an integer, 0 or more");
            result_.shared_bytes = node->as_integer()->get();
        }
    }

    KernelArgument argument(const toml::table& in) {
        known(in, {"name", "dtype", "value", "count", "fill", "values", "seed", "output", "expect",
                   "tolerance"});
        KernelArgument made;
        made.name = text(in, "name", fmt::format("argument {}", result_.arguments.size() + 1));
        const std::string dtype = text(in, "dtype", "");
        const auto parsed = parse_dtype(dtype);
        if (!parsed || *parsed == DType::none || *parsed == DType::s4)
            fail(in, fmt::format("dtype \"{}\" is no element type (f32, bf16, s32, ...)", dtype));
        made.dtype = *parsed;
        const toml::node* value = in.get("value");
        const toml::node* values = in.get("values");
        const toml::node* count = in.get("count");
        if (!!value + !!values + !!count != 1)
            fail(in, "an argument has one of value (a scalar), values or count (an array)");
        if (value) {
            made.scalar = true;
            store(made, {number(*value, "value")});
        } else if (values) {
            store(made, numbers(*values, "values"));
        } else {
            if (!count->is_integer() || count->as_integer()->get() < 1 ||
                count->as_integer()->get() > most_elements)
                fail(*count, fmt::format("count must be an integer from 1 to {}", most_elements));
            store(made, filled(in, static_cast<std::size_t>(count->as_integer()->get())));
        }
        if (const toml::node* output = in.get("output")) {
            if (!output->is_boolean()) fail(*output, "output must be true or false");
            made.output = output->as_boolean()->get();
        }
        if (const toml::node* expect = in.get("expect")) {
            made.expected = numbers(*expect, "expect");
            const std::size_t elements =
                made.bytes.size() / static_cast<std::size_t>(bytes(made.dtype, 1));
            if (made.expected.size() == 1) made.expected.resize(elements, made.expected[0]);
            if (made.scalar || made.expected.size() != elements)
                fail(*expect, fmt::format("expect has {} values for {} elements",
                                          made.expected.size(), elements));
        }
        if (const toml::node* tolerance = in.get("tolerance"))
            made.tolerance = number(*tolerance, "tolerance");
        return made;
    }

    std::vector<double> filled(const toml::table& in, std::size_t count) const {
        std::vector<double> values(count);
        const toml::node* fill = in.get("fill");
        if (!fill) return values;
        if (!fill->is_string()) {
            std::fill(values.begin(), values.end(), number(*fill, "fill"));
            return values;
        }
        const std::string how = fill->as_string()->get();
        const toml::node* seed = in.get("seed");
        std::mt19937_64 random(seed ? static_cast<std::uint64_t>(seed->value_or(std::int64_t{1}))
                                    : 1);
        if (how == "index") {
            for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i);
        } else if (how == "normal") {
            std::normal_distribution<double> normal;
            for (double& each : values) each = normal(random);
        } else if (how == "uniform") {
            std::uniform_real_distribution<double> uniform(-1, 1);
            for (double& each : values) each = uniform(random);
        } else {
            fail(*fill, "fill must be a number, \"index\", \"normal\" or \"uniform\"");
        }
        return values;
    }

    static void store(KernelArgument& argument, const std::vector<double>& values) {
        argument.bytes.resize(static_cast<std::size_t>(
            bytes(argument.dtype, static_cast<std::int64_t>(values.size()))));
        for (std::size_t i = 0; i < values.size(); ++i)
            from_double(argument.dtype, argument.bytes.data(), static_cast<std::int64_t>(i),
                        values[i]);
    }

    std::filesystem::path path_;
    KernelFile result_;
};

} // namespace

KernelFile read_kernel_file(const std::filesystem::path& file) { return Reader(file).read(); }

} // namespace hone::cli
