#include "cache/plan_file.hpp"

#include "cache/durable_file.hpp"
#include "hone/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <fstream>
#include <span>
#include <utility>

namespace hone::cache {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view schema = "hone.plan/1";
constexpr std::array<std::pair<NumericClass, const char*>, 4> classes = {{
    {NumericClass::any, "any"},
    {NumericClass::deterministic, "deterministic"},
    {NumericClass::batch_invariant, "batch_invariant"},
    {NumericClass::same_as, "same_as"},
}};

const char* name_of(NumericClass numeric_class) {
    for (const auto& [value, name] : classes)
        if (value == numeric_class) return name;
    return "any";
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error(Errc::workload, "not a plan: " + why, "write one with `hone cache plan`");
}

NumericClass class_of(const Json& json) {
    const auto text = json.get<std::string>();
    for (const auto& [value, name] : classes)
        if (text == name) return value;
    refuse("there is no numeric class " + text);
}

Digest digest_of(const Json& json) {
    const auto digest = parse_digest(json.get<std::string>());
    if (!digest) refuse("a digest has 64 hexadecimal digits");
    return *digest;
}

Json json_of(const PlanEntry& entry) {
    const Contract& contract = entry.contract;
    return {{"problem", entry.problem},
            {"contract",
             {{"max_error", contract.max_error},
              {"numeric_class", name_of(contract.numeric_class)},
              {"same_as", hex(contract.same_as)},
              {"workspace_limit", contract.workspace_limit}}},
            {"family", entry.family},
            {"revision", entry.revision},
            {"config", entry.config},
            {"options", entry.options},
            {"compiler", entry.compiler},
            {"numeric_class", name_of(entry.numeric_class)},
            {"binaries", hex(entry.binaries)}};
}

PlanEntry entry_of(const Json& json) {
    PlanEntry entry;
    entry.problem = json.at("problem").get<std::string>();
    const Json& contract = json.at("contract");
    entry.contract = {.max_error = contract.at("max_error").get<double>(),
                      .numeric_class = class_of(contract.at("numeric_class")),
                      .same_as = digest_of(contract.at("same_as")),
                      .workspace_limit = contract.at("workspace_limit").get<std::int64_t>()};
    entry.family = json.at("family").get<std::string>();
    entry.revision = json.at("revision").get<std::uint32_t>();
    entry.config = json.at("config").get<std::string>();
    entry.options = json.at("options").get<std::string>();
    entry.compiler = json.at("compiler").get<std::string>();
    entry.numeric_class = class_of(json.at("numeric_class"));
    entry.binaries = digest_of(json.at("binaries"));
    return entry;
}

void check(const char* what, const Digest& stated, const Digest& actual) {
    if (stated == actual) return;
    throw Error(
        Errc::check_failed,
        fmt::format("the plan's {} is {}, that of its entries {}", what, hex(stated), hex(actual)),
        "the plan was changed after it was frozen");
}

} // namespace

std::string encode_plan(const Plan& plan) {
    Json json = {{"schema", schema},
                 {"digest", hex(plan.digest())},
                 {"binary_digest", hex(plan.binary_digest())},
                 {"entries", Json::array()}};
    for (const PlanEntry& entry : plan.entries) json["entries"].push_back(json_of(entry));
    return json.dump(2) + "\n";
}

Plan decode_plan(std::string_view text) {
    Plan plan;
    Digest stated, binaries;
    try {
        const Json json = Json::parse(text);
        if (json.at("schema") != schema)
            refuse("its schema is " + json.at("schema").dump() + ", known is " +
                   std::string(schema));
        for (const Json& entry : json.at("entries")) plan.entries.push_back(entry_of(entry));
        stated = digest_of(json.at("digest"));
        binaries = digest_of(json.at("binary_digest"));
    } catch (const Json::exception& error) {
        refuse(error.what());
    }
    check("digest", stated, plan.digest());
    check("binary digest", binaries, plan.binary_digest());
    return plan;
}

void write_plan(const std::filesystem::path& file, const Plan& plan) {
    const std::string text = encode_plan(plan);
    write_durably(file, std::as_bytes(std::span(text)));
}

Plan read_plan(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw Error(Errc::workload, file.string() + ": cannot be opened");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    try {
        return decode_plan(text);
    } catch (const Error& error) {
        throw Error(error.code(), file.string() + ": " + error.what(), error.hint());
    }
}

} // namespace hone::cache
