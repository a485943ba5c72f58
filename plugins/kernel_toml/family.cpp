#include "family.hpp"

#include "hone/error.hpp"
#include "hone/gemm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace hone::kernel_toml {
namespace {

// The fields of a problem as texts.
std::map<std::string, std::string> fields(const Schema& schema, const Problem& problem) {
    std::map<std::string, std::string> result;
    std::istringstream words(canonical_text(schema, problem));
    for (std::string word; words >> word;)
        if (const std::size_t equals = word.find('='); equals != std::string::npos)
            result[word.substr(0, equals)] = word.substr(equals + 1);
    return result;
}

} // namespace

DescribedKernel::DescribedKernel(const std::filesystem::path& file) {
    try {
        description_ = read_description(file);
    } catch (const Error& error) {
        refusal_ = error.what();
        if (!error.hint().empty()) refusal_ += " (" + error.hint() + ")";
        description_ = Description();
        description_.name = file.parent_path().filename().native();
        description_.backend = "cuda";
        description_.operation = &gemm_operation();
    }
}

Support DescribedKernel::supports(const Problem& problem, const DeviceModel&) const {
    if (!refusal_.empty()) return {false, refusal_};
    const auto given = fields(description_.operation->schema(), problem);
    for (const auto& [field, values] : description_.requires_values)
        if (std::ranges::find(values, given.at(field)) == values.end())
            return {false, fmt::format("only for {} = {}, not {}", field, fmt::join(values, " or "),
                                       given.at(field))};
    return {true, {}};
}

SearchSpace DescribedKernel::space(const Problem&, const DeviceModel&) const {
    return {description_.parameters, description_.constraints};
}

std::optional<Config> DescribedKernel::fallback(const Problem&, const DeviceModel&) const {
    if (description_.fallback == Config()) return std::nullopt;
    return description_.fallback;
}

StaticDims DescribedKernel::static_dims(const Problem&) const {
    // Extents reach the kernel as arguments, so only their size matters for what is fast.
    StaticDims dims;
    for (const Field& field : description_.operation->schema().fields)
        if (field.kind == Field::Kind::dim)
            dims.buckets.push_back({field.slot, {1, 16, 64, 256, 1024, 4096, 16384}});
    return dims;
}

KernelArg DescribedKernel::argument(const std::string& text,
                                    const std::vector<ArgSpec>& specs) const {
    const auto wrong = [&](const std::string& what) {
        return Error(Errc::workload,
                     fmt::format("{}: argument {}: {}", description_.arguments_where, text, what),
                     "an operand, OPERAND.strideN, a dim, or =NUMBER; with :32 for 32 bits");
    };
    std::string name = text;
    int bits = 64;
    if (name.ends_with(":32")) {
        bits = 32;
        name.resize(name.size() - 3);
    }
    if (name.starts_with('=')) {
        std::int64_t value = 0;
        const auto [end, error] =
            std::from_chars(name.data() + 1, name.data() + name.size(), value);
        if (error != std::errc() || end != name.data() + name.size()) throw wrong("no number");
        return ImmediateArg{static_cast<std::uint64_t>(value), bits};
    }
    const std::size_t dot = name.find(".stride");
    const auto spec = std::ranges::find(specs, name.substr(0, dot), &ArgSpec::name);
    if (spec == specs.end()) {
        const Field* field = description_.operation->schema().find(name);
        if (field == nullptr || field->kind != Field::Kind::dim) throw wrong("is unknown");
        return DimArg{field->slot, bits};
    }
    const int operand = static_cast<int>(spec - specs.begin());
    if (dot == std::string::npos) {
        if (!spec->present()) return ImmediateArg{0, 64};
        return spec->rank == 0 ? KernelArg{ScalarArg{operand}} : KernelArg{OperandArg{operand}};
    }
    int axis = -1;
    const char* const digits = name.data() + dot + std::string_view(".stride").size();
    (void)std::from_chars(digits, name.data() + name.size(), axis);
    if (axis < 0 || axis >= max_rank) throw wrong("no axis");
    if (!spec->present()) return ImmediateArg{0, bits};
    return StrideArg{operand, axis, bits};
}

Program DescribedKernel::emit(const Problem& problem, const Config& config,
                              const DeviceModel& device) const {
    const SearchSpace all = space(problem, device);
    const auto index = all.find(config);
    if (!index || !all.legal(*index))
        throw Error(Errc::workload,
                    fmt::format("{}: {}: {}", name(), config.canonical_text(),
                                index ? all.broken_constraint(*index) : "not in the space"));

    Program program;
    Module& module = program.modules.emplace_back();
    module.name = description_.source_name;
    module.source = description_.source;
    module.options = description_.options;
    const auto given = fields(description_.operation->schema(), problem);
    for (const auto& [macro, field] : description_.defines)
        module.options.push_back("-D" + macro + "=" + given.at(field));
    for (const auto& [parameter, value] : config.values())
        module.options.push_back("-D" + parameter + "=" + to_string(value));
    module.entries = {description_.entry};

    Step step;
    step.kernel = description_.entry;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        for (const GridFactor& factor : description_.grid[axis]) {
            const std::int64_t amount = factor.amount.value(config);
            if (factor.dim < 0)
                step.grid[axis].factor *= amount;
            else
                step.grid[axis].terms.push_back({factor.dim, amount});
            if (factor.dim >= 0 && amount > 1) program.tiles.push_back({factor.dim, amount});
        }
        step.block[axis] = static_cast<int>(description_.block[axis].value(config));
    }
    if (!description_.shared_bytes.expression.empty())
        step.shared_bytes = description_.shared_bytes.value(config);
    const std::vector<ArgSpec> specs = description_.operation->args(problem);
    for (const std::string& text : description_.arguments)
        step.args.push_back(argument(text, specs));
    program.steps.push_back(std::move(step));

    // Products are formed from the factors as they are given.
    const auto factor = std::ranges::find_if(
        specs, [](const ArgSpec& spec) { return spec.factor && spec.present(); });
    if (factor != specs.end()) program.numerics.operand = factor->dtype;
    if (const auto sums = parse_dtype(description_.accumulator))
        program.numerics.accumulator = *sums;
    program.numerics.deterministic = description_.deterministic;
    return program;
}

} // namespace hone::kernel_toml
