// Vectors of the host compiler: they compile to whatever registers the target has, also at -O2, and
// keep each lane's order of operations. For local variables only, since vector arguments are passed
// differently by differently compiled code; bodies are always_inline and compiled once per target.
#pragma once

#include <cstdint>
#include <cstring>

namespace hone {

template <typename Real, int register_bytes> struct Lanes {
    using Vector [[gnu::vector_size(register_bytes)]] = Real;
    static constexpr std::int64_t count = register_bytes / static_cast<int>(sizeof(Real));
};

template <typename Vector, typename Real>
[[gnu::always_inline]] inline void load(Vector& vector, const Real* from) {
    std::memcpy(&vector, from, sizeof(Vector));
}

template <typename Vector, typename Real>
[[gnu::always_inline]] inline void store(const Vector& vector, Real* to) {
    std::memcpy(to, &vector, sizeof(Vector));
}

#if defined(__x86_64__)
[[nodiscard]] inline bool has_avx2() { return __builtin_cpu_supports("avx2") != 0; }
#endif

} // namespace hone
