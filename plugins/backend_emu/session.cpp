#include "session.hpp"

#include "decode/availability.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace hone::emu {
namespace {

constexpr std::size_t most_reports = 100;

class EmuMemory final : public Memory {
  public:
    EmuMemory(std::shared_ptr<AddressSpace> space, Allocation& allocation, MemoryUse memory_use)
        : use(memory_use), space_(std::move(space)), allocation_(allocation) {}
    ~EmuMemory() override { space_->release(allocation_.base); }
    EmuMemory(const EmuMemory&) = delete;
    EmuMemory& operator=(const EmuMemory&) = delete;

    // An address of the emulated device: the host cannot follow it.
    [[nodiscard]] void* data() const noexcept override {
        return reinterpret_cast<void*>(allocation_.base);
    }
    [[nodiscard]] std::size_t size() const noexcept override { return allocation_.bytes; }
    [[nodiscard]] std::byte* bytes(std::size_t offset, std::size_t count) const {
        if (offset > size() || count > size() - offset)
            throw Error(Errc::internal, "a copy beyond the end of a buffer");
        return allocation_.data + offset;
    }

    [[nodiscard]] Allocation& allocation() noexcept { return allocation_; }

    const MemoryUse use;

  private:
    std::shared_ptr<AddressSpace> space_;
    Allocation& allocation_;
};

struct Contents {
    std::vector<std::byte> bytes;
    std::vector<bool> written;
};
using Snapshot = std::map<u64, Contents>;

Snapshot take(AddressSpace& memory) {
    Snapshot snapshot;
    for (const auto& [base, allocation] : memory.allocations())
        if (!allocation.read_only)
            snapshot[base] = {{allocation.data, allocation.data + allocation.bytes},
                              allocation.written};
    return snapshot;
}

void put_back(AddressSpace& memory, const Snapshot& snapshot) {
    for (const auto& [base, contents] : snapshot) {
        Allocation& to = memory.allocations().at(base);
        std::copy(contents.bytes.begin(), contents.bytes.end(), to.data);
        to.written = contents.written;
    }
}

// The first byte in which the two differ, or empty.
std::string difference(AddressSpace& memory, const Snapshot& a, const Snapshot& b) {
    for (const auto& [base, contents] : a) {
        const auto &bytes = contents.bytes, &others = b.at(base).bytes;
        const auto [at, other] = std::mismatch(bytes.begin(), bytes.end(), others.begin());
        if (at == bytes.end()) continue;
        return memory.describe(base + static_cast<u64>(at - bytes.begin()));
    }
    return {};
}

Outcome outcome_of(Rule rule) {
    switch (rule) {
    case Rule::out_of_bounds:
        return Outcome::out_of_bounds;
    case Rule::misaligned:
    case Rule::write_to_read_only:
    case Rule::stack_overflow:
        return Outcome::illegal_access;
    case Rule::race:
    case Rule::uninitialised_read:
    case Rule::async_in_flight:
    case Rule::async_not_waited:
    case Rule::schedule_dependent:
        return Outcome::race;
    case Rule::divergent_barrier:
    case Rule::invalid_barrier:
    case Rule::invalid_members:
    case Rule::inactive_lane:
    case Rule::divergent_operation:
    case Rule::deadlock:
        return Outcome::deadlock;
    case Rule::instruction_budget:
        return Outcome::hang;
    case Rule::trap:
        return Outcome::crash;
    case Rule::invalid_launch:
        return Outcome::launch_failed;
    }
    return Outcome::crash;
}

} // namespace

RunReport run_report(const Reports& reports) {
    RunReport run;
    const std::vector<Report> found = reports.sorted();
    for (const Report& report : std::span(found).first(std::min(found.size(), most_reports)))
        run.reports.push_back({std::string(to_string(report.rule)), report.message, report.file,
                               report.line, report.count});
    if (found.empty()) return run;
    // The rules stand in the order of what harms most.
    const Report& worst =
        *std::min_element(found.begin(), found.end(),
                          [](const Report& a, const Report& b) { return a.rule < b.rule; });
    run.outcome = outcome_of(worst.rule);
    run.detail = std::string(to_string(worst.rule)) + ": " + worst.message;
    if (!worst.file.empty())
        run.detail = worst.file + ":" + std::to_string(worst.line) + ": " + run.detail;
    return run;
}

EmuSession::EmuSession(const DeviceModel& model)
    : arch_(model.arch), shared_limit_(static_cast<u32>(model.shared_bytes)) {}

Session::Loaded EmuSession::load(const Program& program, std::span<const Binary> binaries) {
    const auto failed = [](std::string detail) {
        return Loaded{nullptr, Outcome::launch_failed, std::move(detail)};
    };
    if (std::string why = EmuKernel::objection(program); !why.empty()) return failed(why);
    try {
        std::vector<std::unique_ptr<Module>> modules;
        for (std::size_t i = 0; i < program.modules.size(); ++i) {
            const hone::Module& module = program.modules[i];
            std::span<const std::byte> bytes = module.bytes;
            if (i < binaries.size() && !binaries[i].bytes.empty()) bytes = binaries[i].bytes;
            modules.push_back(std::make_unique<Module>(
                std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                module.name.ends_with(".ptx") ? module.name : module.name + ".ptx", *memory_));
            const std::string& target = modules.back()->parsed().target;
            if (!runs_on(target, arch_))
                return failed(module.name + " is compiled for " + target + ", which " + arch_ +
                              " does not run");
        }
        return {std::make_unique<EmuKernel>(program, std::move(modules), memory_, shared_limit_),
                Outcome::ok,
                {}};
    } catch (const Error& error) {
        return failed(error.what());
    }
}

std::unique_ptr<Memory> EmuSession::allocate(std::size_t bytes, MemoryUse use) {
    try {
        static constexpr const char* names[] = {"an input", "an output", "the workspace"};
        Allocation& made = memory_->allocate(bytes, names[static_cast<std::size_t>(use)]);
        made.read_only = use == MemoryUse::input;
        if (!made.read_only) made.forget_written();
        return std::make_unique<EmuMemory>(memory_, made, use);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void EmuSession::upload(Memory& to, std::size_t offset, std::span<const std::byte> from) {
    std::byte* bytes = static_cast<EmuMemory&>(to).bytes(offset, from.size());
    if (!from.empty()) std::memcpy(bytes, from.data(), from.size());
    static_cast<EmuMemory&>(to).allocation().mark_written(offset, from.size());
}

void EmuSession::download(const Memory& from, std::size_t offset, std::span<std::byte> to) {
    const std::byte* bytes = static_cast<const EmuMemory&>(from).bytes(offset, to.size());
    if (!to.empty()) std::memcpy(to.data(), bytes, to.size());
}

void EmuSession::fill(Memory& to, std::byte value) {
    std::memset(static_cast<EmuMemory&>(to).bytes(0, to.size()), std::to_integer<int>(value),
                to.size());
    // A pattern, not data: reading it back is a mistake of the kernel.
    static_cast<EmuMemory&>(to).allocation().forget_written();
}

RunReport EmuSession::run(const hone::Launch& launch) {
    const auto& kernel = static_cast<const EmuKernel&>(*launch.kernel);
    const Snapshot before = take(*memory_);
    Executed executed;
    Options options;
    const bool done = kernel.run(launch, options, executed);
    const Totals totals = executed.totals;
    const Snapshot eager = take(*memory_);
    for (const Schedule& schedule :
         {Schedule{Schedule::Kind::late, 0}, Schedule{Schedule::Kind::seeded, 1}}) {
        if (!done) break;
        put_back(*memory_, before);
        options.schedule = schedule;
        options.costs = false;
        if (!kernel.run(launch, options, executed)) break;
        if (!kernel.deterministic()) continue;
        if (const std::string where = difference(*memory_, eager, take(*memory_)); !where.empty())
            executed.reports.add(Rule::schedule_dependent,
                                 "results differ between schedules, first at " + where);
    }
    put_back(*memory_, eager);
    RunReport report = run_report(executed.reports);
    report.counts = {{"warp_instructions", static_cast<s64>(totals.warp_instructions)},
                     {"bank_conflict_cycles", static_cast<s64>(totals.bank_conflict_cycles)},
                     {"sectors", static_cast<s64>(totals.sectors)}};
    return report;
}

std::vector<Samples> EmuSession::measure(std::span<const hone::Launch> launches, const Policy&,
                                         int rounds,
                                         std::chrono::steady_clock::time_point deadline) {
    std::vector<Samples> all(launches.size());
    for (std::size_t i = 0; i < launches.size(); ++i) {
        if (i > 0 && std::chrono::steady_clock::now() >= deadline) break;
        const Snapshot before = take(*memory_);
        Executed executed;
        Options options;
        options.checks = false;
        (void)static_cast<const EmuKernel&>(*launches[i].kernel)
            .run(launches[i], options, executed);
        put_back(*memory_, before);
        const Totals& totals = executed.totals;
        const u64 cost = totals.warp_instructions + totals.bank_conflict_cycles + totals.sectors;
        // Counting again would give the same.
        all[i].picoseconds.assign(static_cast<std::size_t>(std::max(rounds, 1)),
                                  static_cast<s64>(cost) * 1000);
    }
    return all;
}

} // namespace hone::emu
