#include "lib/dispatch/loader.hpp"

#include "cache/tiers.hpp"
#include "hone/error.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hone::dispatch {

namespace {

// Options of all modules, one line for each.
std::string options_text(const Program& program) {
    std::string text;
    for (const Module& module : program.modules) {
        for (const std::string& option : module.options) text += option + ' ';
        text += '\n';
    }
    return text;
}

Digest digest_of(std::span<const Binary> binaries) {
    std::string all;
    for (const Binary& binary : binaries)
        all += hex(digest(std::span<const std::byte>(binary.bytes)));
    return digest(all);
}

// Relative error that the plain algorithm is expected to stay within on any shape: rounding to the
// output's type is uniform in [-u, u] at worst (u / sqrt 3 in the root mean square), and a sum of k
// terms in f32 loses about sqrt(k) u (Higham and Mary, A new approach to probabilistic rounding
// error analysis, 2019); k here is longer than any that is served.
ErrorPair expected_error(const Operation& operation, const Problem& problem) {
    constexpr double longest_sum = 1 << 20;
    double output = 0;
    for (const ArgSpec& arg : operation.args(problem))
        if (arg.present() && (arg.role == Role::out || arg.role == Role::inout))
            output = std::max(output, unit_roundoff(arg.dtype));
    const double error =
        output / std::sqrt(3.0) + 2 * std::sqrt(longest_sum) * unit_roundoff(DType::f32);
    const auto ppt = static_cast<std::uint64_t>(std::ceil(error * 1e12));
    return {.frobenius_ppt = ppt, .componentwise_ppt = ppt};
}

NumericClass class_of(const Numerics& numerics) noexcept {
    if (numerics.batch_invariant && numerics.deterministic) return NumericClass::batch_invariant;
    return numerics.deterministic ? NumericClass::deterministic : NumericClass::any;
}

// stdout is the host's: a line of ours there could end up in its results.
std::function<void(std::string)> to_stderr() {
    const auto logger =
        std::make_shared<spdlog::logger>("hone", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return [logger](const std::string& text) { logger->warn(text); };
}

// Rounding errors of sums grow with the square root of their length (Higham and Mary, 2019, theorem
// 3.1): what was measured of shorter sums is not promised of longer ones.
ErrorPair stretched(ErrorPair error, double factor) {
    const auto grow = [&](std::uint64_t ppt) {
        return static_cast<std::uint64_t>(
            std::min(std::ceil(static_cast<double>(ppt) * factor), 0x1p63));
    };
    return {grow(error.frobenius_ppt), grow(error.componentwise_ppt)};
}

} // namespace

Loader::Loader(const Registry& registry, const Options& options, const Device& device,
               std::span<Store* const> stores, const DispatchOptions& dispatch_options)
    : registry_(registry), device_(device), backend_(registry.backend(device.model.backend)),
      stores_(stores.begin(), stores.end()), cache_(BinaryCache::of(options)),
      bundles_(options.bundles, backend_), compile_key_(backend_.compile_key(device.model)),
      compile_(dispatch_options.compile),
      warn_(dispatch_options.warn ? dispatch_options.warn : to_stderr()),
      neighbours_(registry, device_.model, stores_, warn_),
      session_(backend_.open(device, dispatch_options.session)) {}

std::vector<Record> Loader::records_of(const WorkloadItem& item, std::string& tier) {
    const std::string problem = canonical_text(item.operation->schema(), item.problem);
    const std::string device = canonical_text(device_.model);
    std::vector<Record> all;
    for (Store* store : stores_) {
        std::vector<Record> found = cache::read_all(std::span(&store, 1), problem, device, warn_);
        if (tier.empty() && !found.empty()) tier = store->url();
        all = merge(all, found);
    }
    return all;
}

std::optional<Binary> Loader::binary_of(const Module& module, std::string& why_not) {
    if (module.kind != Module::Kind::source) return Binary{};
    if (const Binary* bundled = bundles_.find(module, device_.model.arch)) return *bundled;
    const Digest key = BinaryCache::key(module, compile_key_);
    if (auto cached = cache_.get(key)) return cached;
    if (!compile_) {
        why_not = "its binary is not on this machine and compiling is switched off";
        return std::nullopt;
    }
    CompileResult compiled = backend_.compile(module, device_.model);
    if (compiled.outcome != Outcome::ok) {
        why_not = "it does not compile: " + compiled.log;
        return std::nullopt;
    }
    cache_.put(key, compiled.binary);
    return std::move(compiled.binary);
}

std::shared_ptr<Served> Loader::load(const WorkloadItem& item, const KernelFamily& family,
                                     const std::string& config_text, std::string& why_not) {
    Config config;
    Program program;
    try {
        config = Config::parse(config_text);
        program = family.emit(item.problem, config, device_.model);
    } catch (const std::exception& error) {
        why_not = error.what();
        return nullptr;
    }
    std::vector<Binary> binaries;
    for (const Module& module : program.modules) {
        std::optional<Binary> binary = binary_of(module, why_not);
        if (!binary) return nullptr;
        binaries.push_back(std::move(*binary));
    }
    Session::Loaded loaded = session_->load(program, binaries);
    if (!loaded.kernel) {
        why_not = loaded.detail;
        return nullptr;
    }
    auto served = std::make_shared<Served>();
    served->problem = item.problem;
    served->kernel = std::move(loaded.kernel);
    served->dims = family.static_dims(item.problem);
    served->operation = item.operation;
    served->prepare = program.prepare;
    Standing& standing = served->standing;
    standing.family = family.name();
    standing.revision = static_cast<std::uint32_t>(family.revision());
    standing.config = config.canonical_text();
    standing.program = digest(program);
    standing.deterministic = program.numerics.deterministic;
    standing.batch_invariant = program.numerics.batch_invariant;
    standing.workspace_bytes = served->kernel->workspace_bytes(item.problem);
    served->plan = {.problem = canonical_text(item.operation->schema(), item.problem),
                    .contract = item.contract,
                    .family = standing.family,
                    .revision = standing.revision,
                    .config = standing.config,
                    .options = options_text(program),
                    .compiler = compile_key_,
                    .numeric_class = class_of(program.numerics),
                    .binaries = digest_of(binaries)};
    return served;
}

std::optional<Standing> Loader::standing_of(const WorkloadItem& item, std::string& tier) {
    std::vector<Fact> facts = effective_facts(records_of(item, tier)).facts;
    keep_servable(facts, item);
    return winner(facts, item.contract).winner;
}

void Loader::keep_servable(std::vector<Fact>& facts, const WorkloadItem& item) const {
    std::erase_if(facts, [&](const Fact& fact) {
        const auto families = registry_.families();
        return std::none_of(families.begin(), families.end(), [&](const KernelFamily* family) {
            return family->name() == fact.family &&
                   family->backend() == backend_.runs_families_of() && family->servable() &&
                   static_cast<std::uint32_t>(family->revision()) == fact.revision &&
                   family->supports(item.problem, device_.model).yes;
        });
    });
}

std::shared_ptr<const Served> Loader::winner_of(const WorkloadItem& item) {
    std::string tier;
    const std::optional<Standing> standing = standing_of(item, tier);
    if (!standing) return nullptr;
    const KernelFamily& family = registry_.family(standing->family);
    std::string why_not;
    std::shared_ptr<Served> served = load(item, family, standing->config, why_not);
    if (!served) {
        warn_(fmt::format("the winner {} {} cannot be served: {}", family.name(), standing->config,
                          why_not));
        return nullptr;
    }
    const std::uint64_t workspace = served->standing.workspace_bytes;
    served->standing = *standing;
    served->standing.workspace_bytes = workspace;
    served->match = Match::exact;
    served->tier = tier;
    return served;
}

bool Loader::proved_for(const WorkloadItem& item, const KernelFamily& family,
                        const Standing& standing) const {
    if (!family.supports(item.problem, device_.model).yes) return false;
    // The config comes from a file: whatever it holds is data.
    try {
        const SearchSpace space = family.space(item.problem, device_.model);
        const auto index = space.find(Config::parse(standing.config));
        return index && space.legal(*index) &&
               digest(family.emit(item.problem, space.config(*index), device_.model)) ==
                   standing.program;
    } catch (const std::exception&) {
        return false;
    }
}

std::shared_ptr<const Served> Loader::neighbour_of(const WorkloadItem& item) {
    const auto servable = [this](std::vector<Fact>& facts, const WorkloadItem& of) {
        keep_servable(facts, of);
    };
    std::vector<Neighbours::Choice> choices = neighbours_.of(item, servable);
    const auto shares_bucket = [&](const Neighbours::Choice& choice) {
        const StaticDims dims = registry_.family(choice.standing.family).static_dims(item.problem);
        return bucket_of(item.problem.dims, dims) == bucket_of(choice.tuned.dims, dims);
    };
    const auto outside = std::stable_partition(choices.begin(), choices.end(), shares_bucket);
    for (auto at = choices.begin(); at != choices.end(); ++at) {
        const Neighbours::Choice& choice = *at;
        const KernelFamily& family = registry_.family(choice.standing.family);
        // Dims that are baked in (StaticDims) are in the program: another value, another digest.
        if (!proved_for(item, family, choice.standing)) continue;
        std::string why_not;
        std::shared_ptr<Served> served = load(item, family, choice.standing.config, why_not);
        if (!served) continue;
        const double longer =
            static_cast<double>(item.operation->accumulation_length(item.problem)) /
            static_cast<double>(item.operation->accumulation_length(choice.tuned));
        const double factor = std::sqrt(std::max(longer, 1.0));
        served->standing.total_error = stretched(choice.standing.total_error, factor);
        served->standing.plain_error = stretched(choice.standing.plain_error, factor);
        served->match = at < outside ? Match::bucket : Match::neighbour;
        served->tier = to_string(served->match);
        served->neighbour = choice.problem;
        served->loss = choice.loss;
        if (allows(item.contract, served->standing)) return served;
    }
    return nullptr;
}

std::shared_ptr<const Served> Loader::fallback_of(const WorkloadItem& item) {
    for (const KernelFamily* family : registry_.families()) {
        if (family->operation() != item.operation->name() || family->vendor() ||
            family->backend() != backend_.runs_families_of() ||
            !family->supports(item.problem, device_.model).yes)
            continue;
        const std::optional<Config> config = family->fallback(item.problem, device_.model);
        if (!config) continue;
        std::string why_not;
        std::shared_ptr<Served> served = load(item, *family, config->canonical_text(), why_not);
        if (!served) {
            warn_(fmt::format("the fallback of {} cannot be served: {}", family->name(), why_not));
            continue;
        }
        served->match = Match::fallback;
        served->tier = "fallback";
        served->standing.total_error = served->standing.plain_error =
            expected_error(*item.operation, item.problem);
        return served;
    }
    return nullptr;
}

std::shared_ptr<const Served> Loader::planned(const PlanEntry& entry) {
    const auto fail = [&](const std::string& what) {
        throw Error(Errc::check_failed, fmt::format("plan entry \"{}\": {}", entry.problem, what),
                    "all ranks need the same hone, plugins and compiler as the machine that made "
                    "the plan");
    };
    const auto differs = [&](std::string_view what, const auto& planned, const auto& here) {
        fail(fmt::format("{} is {} here, the plan has {}", what, here, planned));
    };
    WorkloadItem item = parse_problem(entry.problem, registry_.operations());
    item.contract = entry.contract;
    const auto families = registry_.families();
    const auto found = std::find_if(families.begin(), families.end(), [&](const auto* known) {
        return known->name() == entry.family;
    });
    if (found == families.end()) fail("there is no family " + entry.family + " here");
    const KernelFamily* family = *found;
    if (static_cast<std::uint32_t>(family->revision()) != entry.revision)
        differs("revision of family " + entry.family, entry.revision, family->revision());
    if (entry.compiler != compile_key_) differs("the compiler", entry.compiler, compile_key_);
    std::string why_not;
    std::shared_ptr<Served> served = load(item, *family, entry.config, why_not);
    if (!served) fail(why_not);
    if (served->plan.options != entry.options)
        differs("the options", entry.options, served->plan.options);
    if (entry.binaries != Digest{} && entry.binaries != served->plan.binaries)
        differs("the digest of the binaries", hex(entry.binaries), hex(served->plan.binaries));
    // A plan is the decision itself: where no facts are at hand, its entries serve all the same.
    served->plan = entry;
    served->match = Match::exact;
    served->tier = "plan";
    std::string tier;
    if (const auto known = standing_of(item, tier);
        known && known->family == entry.family && known->config == entry.config) {
        const std::uint64_t workspace = served->standing.workspace_bytes;
        served->standing = *known;
        served->standing.workspace_bytes = workspace;
    }
    return served;
}

} // namespace hone::dispatch
