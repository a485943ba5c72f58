// Atomics, reductions and fences: PTX ISA 9.7.13.
#include "exec/access.hpp"
#include "exec/cta.hpp"
#include "ops/memory_modifiers.hpp"
#include "ops/ops.hpp"
#include "ops/small_float.hpp"
#include "ops/types.hpp"

#include <algorithm>
#include <cmath>

namespace hone::emu {
namespace {

// One update a lane, in the order of the lanes. `red` has no destination.
template <class T, class Op> void run_atomic(Warp& warp, const Inst& inst, LaneMask mask) {
    Access access;
    locate(warp, inst, mask, sizeof(T), AccessKind::atomic, access);
    warp.cta().check(warp, inst, access, AccessKind::atomic, nullptr);
    const T* b = warp.reg<T>(inst.b);
    const T* c = inst.c == Inst::none ? b : warp.reg<T>(inst.c);
    bool changed = false;
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        T old{};
        if (access.mask >> lane & 1) {
            std::byte* at = access.at[static_cast<std::size_t>(lane)];
            std::memcpy(&old, at, sizeof(T));
            const T made = Op{}(old, b[lane], c[lane]);
            // Bits are what changes: 0 is not -0, and NaN is itself.
            // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
            changed |= std::memcmp(&made, &old, sizeof(T)) != 0;
            std::memcpy(at, &made, sizeof(T));
        }
        if (inst.d != Inst::none) warp.reg<T>(inst.d)[lane] = old;
    }
    if (changed) warp.cta().grid().had_effect();
}

struct Add {
    template <class T> T operator()(T a, T b, T) const { return static_cast<T>(a + b); }
};
struct Min {
    template <class T> T operator()(T a, T b, T) const { return std::min(a, b); }
};
struct Max {
    template <class T> T operator()(T a, T b, T) const { return std::max(a, b); }
};
struct And {
    template <class T> T operator()(T a, T b, T) const { return a & b; }
};
struct Or {
    template <class T> T operator()(T a, T b, T) const { return a | b; }
};
struct Xor {
    template <class T> T operator()(T a, T b, T) const { return a ^ b; }
};
struct Exchange {
    template <class T> T operator()(T, T b, T) const { return b; }
};
struct CompareSwap {
    template <class T> T operator()(T a, T b, T c) const { return a == b ? c : a; }
};
struct Increment {
    u32 operator()(u32 a, u32 b, u32) const { return a >= b ? 0 : a + 1; }
};
struct Decrement {
    u32 operator()(u32 a, u32 b, u32) const { return a == 0 || a > b ? b : a - 1; }
};
template <float (*value)(u16), u16 (*nearest)(float)> struct AddHalf {
    u16 operator()(u16 a, u16 b, u16) const { return nearest(value(a) + value(b)); }
    u32 operator()(u32 a, u32 b, u32) const {
        const auto low = (*this)(static_cast<u16>(a), static_cast<u16>(b), u16{});
        const auto high = (*this)(static_cast<u16>(a >> 16), static_cast<u16>(b >> 16), u16{});
        return low | static_cast<u32>(high) << 16;
    }
};
using AddF16 = AddHalf<f16_value, f16_nearest>;
using AddBf16 = AddHalf<bf16_value, bf16_nearest>;

Handler adder(const Decoder& in, Type type) {
    switch (type) {
    case Type::u32:
    case Type::s32:
        return run_atomic<u32, Add>;
    case Type::u64:
        return run_atomic<u64, Add>;
    case Type::f32:
        return run_atomic<float, Add>;
    case Type::f64:
        return run_atomic<double, Add>;
    case Type::f16:
        return run_atomic<u16, AddF16>;
    case Type::f16x2:
        return run_atomic<u32, AddF16>;
    case Type::bf16:
        return run_atomic<u16, AddBf16>;
    case Type::bf16x2:
        return run_atomic<u32, AddBf16>;
    default:
        in.fail("not for this type");
    }
}
template <class Op> Handler ordered(const Decoder& in, Type type) {
    switch (type) {
    case Type::u32:
        return run_atomic<u32, Op>;
    case Type::s32:
        return run_atomic<s32, Op>;
    case Type::u64:
        return run_atomic<u64, Op>;
    case Type::s64:
        return run_atomic<s64, Op>;
    default:
        in.fail("not for this type");
    }
}
template <class Op> Handler bitwise(const Decoder& in, Type type) {
    switch (bytes_of(type)) {
    case 2:
        return run_atomic<u16, Op>;
    case 4:
        return run_atomic<u32, Op>;
    case 8:
        return run_atomic<u64, Op>;
    default:
        in.fail("not for this type");
    }
}

Handler handler(const Decoder& in, std::size_t op, Type type) {
    switch (op) {
    case 0:
        return adder(in, type);
    case 1:
        return ordered<Min>(in, type);
    case 2:
        return ordered<Max>(in, type);
    case 3:
        return bitwise<And>(in, type);
    case 4:
        return bitwise<Or>(in, type);
    case 5:
        return bitwise<Xor>(in, type);
    case 6:
        return bitwise<Exchange>(in, type);
    case 7:
        return bitwise<CompareSwap>(in, type);
    case 8:
        return run_atomic<u32, Increment>;
    default:
        return run_atomic<u32, Decrement>;
    }
}

} // namespace

void decode_atom(Decoder& in) {
    const bool returns = in.opcode() == "atom";
    const ptx::Space space = take_memory_modifiers(in);
    in.inst.flags |= inst_flag::strong;
    if (space != ptx::Space::generic && space != ptx::Space::global && space != ptx::Space::shared)
        in.fail("not in this space");
    const std::size_t op =
        in.take_one({"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"});
    (void)in.take("noftz");
    const Type type = in.take_type();
    if (op > 7 && type != Type::u32) in.fail("not for this type");
    const std::size_t first = returns ? 1 : 0, count = first + (op == 7 ? 3 : 2);
    in.expect_operands(count, count + 1); // a cache policy may come last
    in.address(first, space);
    if (returns) in.inst.d = in.destination(0, type);
    in.inst.b = in.source(first + 1, type);
    if (op == 7) in.inst.c = in.source(first + 2, type);
    in.inst.run = handler(in, op, type);
}

// membar, fence. Proxy fences order memory accesses that are all of one kind here.
void decode_fence(Decoder& in) {
    while (!in.next().empty()) {
        const int known =
            in.take_any({"cta", "gl", "sys", "gpu", "cluster", "sc", "acq_rel", "acquire",
                         "release", "proxy", "alias", "async", "mbarrier_init", "async::generic",
                         "sync_restrict::shared::cta", "sync_restrict::shared::cluster"});
        if (known < 0) in.fail("unknown modifier ." + std::string(in.next()));
    }
    in.expect_operands(0, 0);
    in.inst.run = [](Warp& warp, const Inst&, LaneMask mask) { warp.cta().fence(warp, mask); };
}

} // namespace hone::emu
