#include "exec/access.hpp"

#include "cost/access_cost.hpp"
#include "exec/cta.hpp"
#include "exec/flags.hpp"
#include "mem/windows.hpp"

#include <fmt/format.h>

namespace hone::emu {
namespace {

const char* verb(AccessKind kind) {
    switch (kind) {
    case AccessKind::load:
        return "reads";
    case AccessKind::store:
        return "writes";
    case AccessKind::atomic:
        return "updates";
    }
    return "";
}

class Locator {
  public:
    Locator(Warp& warp, const Inst& inst, u32 bytes, AccessKind kind, Access& access)
        : warp_(warp), inst_(inst), bytes_(bytes), kind_(kind), access_(access) {}

    void global(LaneMask mask) {
        AddressSpace& memory = warp_.cta().grid().memory();
        u64 low = ~u64{0}, high = 0, bits = 0;
        for (int lane = 0; lane < lanes; ++lane) {
            if (!(mask >> lane & 1)) continue;
            const u64 address = access_.address[static_cast<std::size_t>(lane)];
            low = std::min(low, address);
            high = std::max(high, address);
            bits |= address;
        }
        Allocation* all =
            (bits & (bytes_ - 1)) == 0 ? memory.find(low, high - low + bytes_) : nullptr;
        if (all && !(all->read_only && kind_ != AccessKind::load)) {
            for (int lane = 0; lane < lanes; ++lane)
                if (mask >> lane & 1) found(lane, *all);
            return;
        }
        for (int lane = 0; lane < lanes; ++lane) {
            if (!(mask >> lane & 1) || !aligned(lane)) continue;
            Allocation* one = memory.find(address(lane), bytes_);
            if (!one) {
                report(Rule::out_of_bounds, lane, [&] { return memory.describe(address(lane)); });
                continue;
            }
            if (one->read_only && kind_ != AccessKind::load) {
                report(Rule::write_to_read_only, lane,
                       [&] { return memory.describe(address(lane)); });
                continue;
            }
            found(lane, *one);
        }
    }

    void shared(LaneMask mask) {
        Cta& cta = warp_.cta();
        for (int lane = 0; lane < lanes; ++lane) {
            if (!(mask >> lane & 1) || !aligned(lane)) continue;
            const u64 offset = address(lane);
            if (offset >= cta.shared_end() || !cta.shared_holds(static_cast<u32>(offset), bytes_)) {
                report(Rule::out_of_bounds, lane, [&] {
                    return offset >= window_bytes ? fmt::format("shared address {:#x}", offset)
                                                  : cta.describe_shared(static_cast<u32>(offset));
                });
                continue;
            }
            access_.shared |= 1u << lane;
            found(lane, cta.shared(static_cast<u32>(offset)));
        }
    }

    void local(LaneMask mask) {
        for (int lane = 0; lane < lanes; ++lane) {
            if (!(mask >> lane & 1) || !aligned(lane)) continue;
            const u64 offset = address(lane);
            if (offset < Warp::stack_base || offset + bytes_ > warp_.stack_bytes()) {
                report(Rule::out_of_bounds, lane, [&] {
                    return fmt::format("byte {} of {} bytes of local memory",
                                       static_cast<s64>(offset) - Warp::stack_base,
                                       warp_.stack_bytes() - Warp::stack_base);
                });
                continue;
            }
            found(lane, warp_.local(lane, static_cast<u32>(offset)));
        }
    }

    void param(LaneMask mask) {
        const auto params = warp_.cta().params();
        for (int lane = 0; lane < lanes; ++lane) {
            if (!(mask >> lane & 1) || !aligned(lane)) continue;
            const u64 offset = address(lane);
            if (kind_ != AccessKind::load || offset + bytes_ > params.size() ||
                offset + bytes_ < offset) {
                report(Rule::out_of_bounds, lane, [&] {
                    return fmt::format("byte {} of {} bytes of parameters", offset, params.size());
                });
                continue;
            }
            found(lane, const_cast<std::byte*>(params.data()) + offset);
        }
    }

    void generic(LaneMask mask) {
        // Windows are far apart: one subtraction says which, and leaves the offset.
        const auto part = [&](u64 window) {
            LaneMask inside = 0;
            for (int lane = 0; lane < lanes; ++lane)
                if ((mask >> lane & 1) && address(lane) - window < window_bytes)
                    inside |= 1u << lane;
            for (int lane = 0; lane < lanes; ++lane)
                if (inside >> lane & 1) access_.address[static_cast<std::size_t>(lane)] -= window;
            mask &= ~inside;
            return inside;
        };
        bool any_window = false;
        for (int lane = 0; lane < lanes; ++lane)
            any_window |= (mask >> lane & 1) && address(lane) < global_base;
        if (any_window) {
            if (const LaneMask inside = part(shared_window)) shared(inside);
            if (const LaneMask inside = part(local_window)) local(inside);
            if (const LaneMask inside = part(param_window)) param(inside);
        }
        if (mask) global(mask);
        global_ = mask;
    }
    LaneMask global_ = 0; // lanes of a generic access that went to global memory

  private:
    u64 address(int lane) const { return access_.address[static_cast<std::size_t>(lane)]; }

    void found(int lane, std::byte* at) {
        access_.mask |= 1u << lane;
        access_.at[static_cast<std::size_t>(lane)] = at;
    }

    void found(int lane, Allocation& allocation) {
        found(lane, allocation.data + (address(lane) - allocation.base));
        if (allocation.read_only) return;
        access_.global |= 1u << lane;
        access_.allocation[static_cast<std::size_t>(lane)] = &allocation;
    }

    bool aligned(int lane) {
        if ((address(lane) & (bytes_ - 1)) == 0) return true;
        warp_.report(Rule::misaligned, inst_, [&] {
            return fmt::format("{} {} {} {} bytes at {:#x}, no multiple of {}", warp_.cta().name(),
                               thread_name(warp_.index(), lane), verb(kind_), bytes_, address(lane),
                               bytes_);
        });
        return false;
    }

    template <class Where> void report(Rule rule, int lane, Where where) {
        warp_.report(rule, inst_, [&] {
            return fmt::format("{} {} {} {} bytes: {}", warp_.cta().name(),
                               thread_name(warp_.index(), lane), verb(kind_), bytes_, where());
        });
    }

    Warp& warp_;
    const Inst& inst_;
    u32 bytes_;
    AccessKind kind_;
    Access& access_;
};

} // namespace

void gather_addresses(const Warp& warp, const Inst& inst, LaneMask,
                      std::array<u64, lanes>& address) {
    const u64 offset = static_cast<u64>(inst.imm);
    if (inst.flags & inst_flag::shared_64) {
        const u64* base = warp.reg<u64>(inst.a);
        for (std::size_t lane = 0; lane < lanes; ++lane) address[lane] = base[lane] + offset;
    } else {
        const u32* base = warp.reg<u32>(inst.a);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            address[lane] = base[lane] + static_cast<u32>(offset);
    }
}

void locate_in(ptx::Space space, Warp& warp, const Inst& inst, LaneMask mask, u32 bytes,
               AccessKind kind, Access& access, bool count) {
    access.mask = access.shared = access.global = 0;
    access.bytes = bytes;
    Locator locator(warp, inst, bytes, kind, access);
    LaneMask global = 0;
    switch (space) {
    case ptx::Space::generic:
        locator.generic(mask);
        global = locator.global_;
        break;
    case ptx::Space::global:
        locator.global(mask);
        global = mask;
        break;
    case ptx::Space::constant:
        locator.global(mask);
        break;
    case ptx::Space::shared:
        locator.shared(mask);
        break;
    case ptx::Space::local:
        locator.local(mask);
        break;
    case ptx::Space::param:
        locator.param(mask);
        break;
    }
    if (warp.cta().grid().traces()) {
        warp.cta().grid().trace(u64{inst.line} << 32 | access.mask);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            if (access.mask >> lane & 1) warp.cta().grid().trace(access.address[lane]);
    }
    if (!count || !warp.cta().grid().options().costs) return;
    if (global) {
        Counts& counts = warp.counts(inst);
        ++counts.requests;
        counts.sectors += sectors(access.address, global, bytes);
    }
    if (access.shared)
        warp.counts(inst).bank_conflict_cycles +=
            bank_conflict_cycles(access.address, access.shared, bytes);
}

void locate_bytes(Warp& warp, const Inst& inst, int lane, u32 bytes, Access& access) {
    access.mask = access.shared = access.global = 0;
    access.bytes = bytes;
    const u64 address = access.address[static_cast<std::size_t>(lane)];
    AddressSpace& memory = warp.cta().grid().memory();
    Allocation* found = memory.find(address, bytes);
    if (!found) {
        warp.report(Rule::out_of_bounds, inst, [&] {
            return fmt::format("{} {} reads {} bytes: {}", warp.cta().name(),
                               thread_name(warp.index(), lane), bytes, memory.describe(address));
        });
        return;
    }
    access.mask = 1u << lane;
    access.at[static_cast<std::size_t>(lane)] = found->data + (address - found->base);
    if (found->read_only) return;
    access.global = access.mask;
    access.allocation[static_cast<std::size_t>(lane)] = found;
}

void locate(Warp& warp, const Inst& inst, LaneMask mask, u32 bytes, AccessKind kind, Access& access,
            bool count) {
    gather_addresses(warp, inst, mask, access.address);
    locate_in(inst.space, warp, inst, mask, bytes, kind, access, count);
}

} // namespace hone::emu
