// Loops over lanes. An operation is a stateless function object on one lane's values; the loop is
// compiled twice, for any x86-64 and for processors with AVX2 and FMA, and chosen once.
#pragma once

#include "exec/warp.hpp"

#include <utility>

#if defined(__x86_64__) && defined(__GNUC__)
#define HONE_EMU_WIDE __attribute__((target("avx2,fma,f16c")))
#else
#define HONE_EMU_WIDE
#endif
#define HONE_EMU_INLINE [[gnu::always_inline]] inline

namespace hone::emu {

enum class Rounding : u8 { nearest, zero, down, up, away };

[[nodiscard]] inline bool wide_processor() noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
    // Every processor with AVX2 converts half precision too.
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

template <class Op, class D, class... S> struct LaneLoop {
    template <std::size_t... I>
    HONE_EMU_INLINE static void body(Warp& warp, const Inst& inst, LaneMask mask,
                                     std::index_sequence<I...>) {
        const u32 sources[] = {inst.a, inst.b, inst.c};
        apply(warp.reg<D>(inst.d), mask, warp.reg<S>(sources[I])...);
    }
    HONE_EMU_INLINE static void apply(D* d, LaneMask mask, const S*... s) {
        if (mask == all_lanes) {
            // d may be one of the sources, never overlap it otherwise.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
            for (int lane = 0; lane < lanes; ++lane) d[lane] = static_cast<D>(Op{}(s[lane]...));
            return;
        }
        for (int lane = 0; lane < lanes; ++lane)
            if (mask >> lane & 1) d[lane] = static_cast<D>(Op{}(s[lane]...));
    }
    static void plain(Warp& warp, const Inst& inst, LaneMask mask) {
        body(warp, inst, mask, std::index_sequence_for<S...>{});
    }
    HONE_EMU_WIDE static void wide(Warp& warp, const Inst& inst, LaneMask mask) {
        body(warp, inst, mask, std::index_sequence_for<S...>{});
    }
};

// Handler of d = op(a, b, c).
template <class D, class... S, class Op> [[nodiscard]] Handler lane_handler(Op) {
    return wide_processor() ? LaneLoop<Op, D, S...>::wide : LaneLoop<Op, D, S...>::plain;
}

// Handler of a predicate d = op(a, b), one bit a lane.
template <class Op, class... S> struct PredicateLoop {
    template <std::size_t... I>
    HONE_EMU_INLINE static void body(Warp& warp, const Inst& inst, LaneMask mask,
                                     std::index_sequence<I...>) {
        const u32 sources[] = {inst.a, inst.b, inst.c};
        LaneMask bits = 0;
        for (int lane = 0; lane < lanes; ++lane)
            bits |= static_cast<LaneMask>(Op{}(warp.reg<S>(sources[I])[lane]...)) << lane;
        LaneMask& d = warp.predicate(inst.d);
        d = (d & ~mask) | (bits & mask);
    }
    static void plain(Warp& warp, const Inst& inst, LaneMask mask) {
        body(warp, inst, mask, std::index_sequence_for<S...>{});
    }
};
template <class... S, class Op> [[nodiscard]] Handler predicate_handler(Op) {
    return PredicateLoop<Op, S...>::plain;
}

} // namespace hone::emu
