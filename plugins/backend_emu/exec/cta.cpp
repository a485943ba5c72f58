#include "exec/cta.hpp"

#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hone::emu {

Cta::Cta(Grid& grid) : grid_(grid) {
    const Launch& launch = grid.launch();
    threads_ = launch.block[0] * launch.block[1] * launch.block[2];
    for (u32 first = 0; first < threads_; first += lanes)
        warps_.push_back(
            std::make_unique<Warp>(*this, static_cast<int>(first / lanes), *launch.kernel->entry));
    shared_end_ = launch.kernel->dynamic_shared_at + launch.dynamic_shared_bytes;
    shared_.resize(shared_end_ - shared_base);
    if (grid.options().checks)
        shadow_ = std::make_unique<SharedShadow>(*this, shared_end_ - shared_base, threads_);
}

Cta::~Cta() = default;

void Cta::start(u64 index) {
    const auto& grid = grid_.launch().grid;
    ctaid_ = {static_cast<u32>(index % grid[0]), static_cast<u32>(index / grid[0] % grid[1]),
              static_cast<u32>(index / grid[0] / grid[1])};
    // Not zero, so that a kernel that counts on it is found out by its results too.
    std::fill(shared_.begin(), shared_.end(), std::byte{0xA5});
    if (shadow_) shadow_->start(static_cast<u32>(index));
    barriers_.fill({});
    next_warp_ = 0;
    ended_early_ = false;
    for (std::size_t i = 0; i < warps_.size(); ++i) {
        const u32 left = threads_ - static_cast<u32>(i) * lanes;
        warps_[i]->start(left >= lanes ? all_lanes : (1u << left) - 1);
    }
}

std::span<const std::byte> Cta::params() const noexcept { return grid_.launch().params; }

std::string Cta::name() const {
    const auto& grid = grid_.launch().grid;
    return grid_.block_name(ctaid_[0] + u64{grid[0]} * (ctaid_[1] + u64{grid[1]} * ctaid_[2]));
}

u32 Cta::special(Special special, u32 warp, u32 lane) const {
    const Launch& launch = grid_.launch();
    const auto axis = [&](Special first) {
        return static_cast<std::size_t>(special) - static_cast<std::size_t>(first);
    };
    const u32 thread = warp * lanes + lane;
    switch (special) {
    case Special::tid_x:
        return thread % launch.block[0];
    case Special::tid_y:
        return thread / launch.block[0] % launch.block[1];
    case Special::tid_z:
        return thread / launch.block[0] / launch.block[1];
    case Special::ntid_x:
    case Special::ntid_y:
    case Special::ntid_z:
        return launch.block[axis(Special::ntid_x)];
    case Special::ctaid_x:
    case Special::ctaid_y:
    case Special::ctaid_z:
        return ctaid_[axis(Special::ctaid_x)];
    case Special::nctaid_x:
    case Special::nctaid_y:
    case Special::nctaid_z:
        return launch.grid[axis(Special::nctaid_x)];
    case Special::laneid:
        return lane;
    case Special::warpid:
        return warp;
    case Special::nwarpid:
        return static_cast<u32>(warps_.size());
    case Special::nsmid:
        return 1;
    case Special::lanemask_eq:
        return 1u << lane;
    case Special::lanemask_lt:
        return (1u << lane) - 1;
    case Special::lanemask_le:
        return (1u << lane) | ((1u << lane) - 1);
    case Special::lanemask_ge:
        return ~((1u << lane) - 1);
    case Special::lanemask_gt:
        return ~((1u << lane) | ((1u << lane) - 1));
    case Special::dynamic_smem_size:
        return launch.dynamic_shared_bytes;
    case Special::total_smem_size:
        return launch.kernel->static_shared_bytes + launch.dynamic_shared_bytes;
    default:
        return 0;
    }
}

bool Cta::shared_holds(u32 offset, u32 bytes) const noexcept {
    const KernelCode& kernel = *grid_.launch().kernel;
    if (offset >= kernel.dynamic_shared_at) return offset + u64{bytes} <= shared_end_;
    const auto after =
        std::upper_bound(kernel.shared.begin(), kernel.shared.end(), offset,
                         [](u32 at, const KernelCode::SharedVariable& v) { return at < v.offset; });
    if (after == kernel.shared.begin()) return false;
    const KernelCode::SharedVariable& found = *std::prev(after);
    return offset + u64{bytes} <= u64{found.offset} + found.bytes;
}

std::string Cta::describe_shared(u32 offset) const {
    const KernelCode& kernel = *grid_.launch().kernel;
    if (offset >= kernel.dynamic_shared_at)
        return fmt::format("byte {} of {} bytes of dynamic shared memory",
                           offset - kernel.dynamic_shared_at, grid_.launch().dynamic_shared_bytes);
    for (auto v = kernel.shared.rbegin(); v != kernel.shared.rend(); ++v)
        if (offset >= v->offset)
            return fmt::format("byte {} of {} ({} bytes)", offset - v->offset, v->name, v->bytes);
    return fmt::format("shared address {:#x}", offset);
}

bool Cta::run(u64 most, u64& executed) {
    const Schedule::Kind kind = grid_.options().schedule.kind;
    const std::size_t count = warps_.size();
    u64 left = most;
    for (;;) {
        bool moved = false, alive = false;
        for (std::size_t turn = 0; turn < count; ++turn) {
            std::size_t at = next_warp_;
            u32 quantum = 4096;
            if (kind == Schedule::Kind::late) {
                at = count - 1 - next_warp_;
                quantum = 48;
            } else if (kind == Schedule::Kind::seeded) {
                at = (next_warp_ + grid_.random() % count) % count;
                quantum = 1 + static_cast<u32>(grid_.random() % 256);
            }
            next_warp_ = (next_warp_ + 1) % count;
            u64 ran = 0;
            (void)warps_[at]->run(quantum, ran);
            executed += ran;
            left -= std::min(left, ran);
            moved |= ran > 0;
            if (aborted()) return true;
        }
        for (const auto& warp : warps_) alive |= warp->live() != 0;
        if (!alive) return true;
        if (!moved) {
            // By chance nobody was asked, or nobody can go on.
            bool ready = false;
            for (const auto& warp : warps_)
                for (const Fragment& fragment : warp->fragments())
                    ready |= fragment.state == Fragment::State::ready;
            bool forced = false;
            // Lanes that wait for others inside a warp come first: they hold up the barriers.
            if (!ready && !waits_for_lanes())
                for (const auto& warp : warps_) forced |= warp->force_divergent();
            if (!ready && !forced) {
                report_stuck("waits");
                abort();
                return true;
            }
        }
        if (left == 0) return false;
    }
}

bool Cta::waits_for_lanes() const {
    for (const auto& warp : warps_)
        for (const Fragment& fragment : warp->fragments())
            if (fragment.state == Fragment::State::collecting &&
                fragment.inst().flow == Flow::warp_sync)
                return true;
    return false;
}

bool Cta::report_stuck(std::string_view how) {
    const Code* code = nullptr;
    Rule rule = Rule::deadlock;
    const Inst* at = nullptr;
    std::string text;
    for (const auto& warp : warps_)
        for (const Fragment& fragment : warp->fragments()) {
            const Inst& inst = fragment.inst();
            const Place place = place_of(*fragment.frame->code, inst);
            const bool waits_for_others =
                fragment.state == Fragment::State::collecting && inst.flow == Flow::warp_sync;
            if (!code || (waits_for_others && rule == Rule::deadlock)) {
                code = fragment.frame->code;
                at = &inst;
                if (waits_for_others) rule = Rule::divergent_operation;
            }
            text += fmt::format("\n  warp {}, {}: {} at {}:{}{} (PTX line {})", warp->index(),
                                lanes_text(fragment.mask),
                                fragment.state == Fragment::State::at_barrier
                                    ? fmt::format("waits at barrier {}", fragment.barrier)
                                : fragment.state == Fragment::State::collecting
                                    ? "waits for other lanes"
                                    : "runs",
                                place.file, place.line, place.inlined, place.ptx_line);
        }
    for (int id = 0; id < barriers; ++id) {
        const Barrier& barrier = barriers_[static_cast<std::size_t>(id)];
        if (barrier.in_use)
            text += fmt::format("\n  barrier {}: {} of {} threads have arrived", id,
                                barrier.arrived, barrier.needed ? barrier.needed : all_threads());
    }
    if (!code) return false;
    reports().add(rule, *code, *at,
                  [&] { return fmt::format("{} {} for ever:{}\n ", name(), how, text); });
    return true;
}

} // namespace hone::emu
