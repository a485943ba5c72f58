#include "hone/error.hpp"
#include "lib/base/saturating.hpp"
#include "lib/op/convert.hpp"
#include "lib/op/gemm_operation.hpp"
#include "lib/op/limits.hpp"
#include "lib/op/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace hone {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) {
    throw Error(Errc::workload, what, hint);
}

bool is_fp8(DType dtype) { return dtype == DType::e4m3 || dtype == DType::e5m2; }

void check_dims(const Gemm& gemm) {
    for (const auto& [key, value] : {std::pair{"m", gemm.m}, std::pair{"n", gemm.n},
                                     std::pair{"k", gemm.k}, std::pair{"batch", gemm.batch}}) {
        if (value < 1) refuse(fmt::format("{} must be positive, got {}", key, value));
    }
    for (const auto& [keys, rows, columns] :
         {std::tuple{"m and k", gemm.m, gemm.k}, std::tuple{"k and n", gemm.k, gemm.n},
          std::tuple{"m and n", gemm.m, gemm.n}}) {
        const std::int64_t elements =
            saturating_multiply(saturating_multiply(rows, columns), gemm.batch);
        if (elements > largest_tensor_elements) {
            refuse(fmt::format("{} ask for a matrix of {} x {} elements in each of {} batches",
                               keys, rows, columns, gemm.batch));
        }
    }
}

void check_dtypes(const Gemm& gemm) {
    const std::string types =
        fmt::format("a={} b={} d={}", to_string(gemm.a), to_string(gemm.b), to_string(gemm.d));
    if (gemm.a == DType::none || gemm.b == DType::none || gemm.d == DType::none) {
        refuse(types + ": a, b and d cannot be absent");
    }
    if (!is_floating(gemm.a)) {
        if (gemm.b != DType::s8 && gemm.b != DType::u8) {
            refuse(types + ": with an integer a, b must be s8 or u8");
        }
    } else if (has_quantized_b(gemm)) {
        if (gemm.b == DType::u8) refuse(types + ": a quantised b must be s8 or s4", "write b=s8");
        if (gemm.a == DType::f64) refuse(types + ": a quantised b needs a of at most 32 bits");
    } else if (gemm.a != gemm.b && !(is_fp8(gemm.a) && is_fp8(gemm.b))) {
        refuse(types + ": b must equal a unless both are fp8 or b is s8 or s4");
    }
    if (is_floating(gemm.a) && !is_floating(gemm.d)) {
        refuse(types + ": with a floating a, d must be floating");
    }
    if ((gemm.a == DType::f64) != (gemm.d == DType::f64)) {
        refuse(types + ": a and d must both be f64 or neither");
    }
}

void check_addend(const Gemm& gemm) {
    if (gemm.accumulate && gemm.scale == Scale::alpha_beta) {
        refuse("accumulate=true adds to D itself and leaves no C for scale=alpha_beta",
               "write scale=alpha or accumulate=false");
    }
    if (gemm.scale != Scale::alpha_beta) {
        if (gemm.c != DType::none) {
            refuse(fmt::format("c={} is read with scale=alpha_beta only", to_string(gemm.c)),
                   "leave c out, or write scale=alpha_beta");
        }
        return;
    }
    if (gemm.c == DType::none) {
        refuse("scale=alpha_beta reads C, but c is none",
               fmt::format("write c={}", to_string(gemm.d)));
    }
    if (is_floating(gemm.c) != is_floating(gemm.d) ||
        (gemm.c == DType::f64) != (gemm.d == DType::f64)) {
        refuse(fmt::format("c={} does not go with d={}", to_string(gemm.c), to_string(gemm.d)),
               fmt::format("write c={}", to_string(gemm.d)));
    }
}

void check_epilogue(const Gemm& gemm) {
    const std::vector<EpilogueStep>& steps = gemm.epilogue;
    if (steps.size() > max_steps) refuse("epilogue has too many steps");
    for (auto step = steps.begin(); step != steps.end(); ++step) {
        if (std::find(steps.begin(), step, *step) != step) {
            refuse("epilogue holds the same step twice");
        }
        if (*step == EpilogueStep::residual && step + 1 != steps.end()) {
            refuse("epilogue: residual is added last", "move residual to the end");
        }
        if (*step == EpilogueStep::bias &&
            std::find(steps.begin(), step, EpilogueStep::swiglu) != step) {
            refuse("epilogue: bias has n elements and must come before swiglu");
        }
        const bool whole = *step == EpilogueStep::bias || *step == EpilogueStep::relu ||
                           *step == EpilogueStep::residual;
        if (!whole && !is_floating(gemm.d)) {
            refuse(fmt::format("epilogue: with d={} only bias, relu and residual are exact",
                               to_string(gemm.d)),
                   "write d=f32");
        }
    }
    if (gemm.accumulate && !steps.empty()) {
        refuse("accumulate=true excludes an epilogue", "write epilogue=none");
    }
    if (has_step(gemm, EpilogueStep::swiglu) && gemm.n % 2 != 0) {
        refuse(fmt::format("epilogue: swiglu halves n, which must be even, got n={}", gemm.n));
    }
}

void check_quantization(const Gemm& gemm) {
    if (gemm.group < 0) refuse(fmt::format("group must not be negative, got {}", gemm.group));
    if (gemm.group != 0 && !has_quantized_b(gemm)) {
        refuse("group needs a quantised B: b=s8 or b=s4 beside a floating a");
    }
    if (gemm.group != 0 && gemm.k % gemm.group != 0) {
        refuse(fmt::format("group must divide k, got group={} k={}", gemm.group, gemm.k));
    }
    if (gemm.b == DType::s4) {
        const bool k_is_inner = b_transposed(gemm.layout);
        if ((k_is_inner ? gemm.k : gemm.n) % 2 != 0) {
            refuse(fmt::format("b=s4 stores two elements per byte: {} must be even",
                               k_is_inner ? "k" : "n"));
        }
    }
}

void check_leading(const Gemm& gemm) {
    const std::int64_t alignment = gemm.leading.alignment_bytes;
    if (!gemm.leading.strided) {
        if (alignment != 0) {
            refuse(fmt::format("alignment={} is stated of leading=strided only", alignment),
                   "write leading=strided");
        }
        return;
    }
    if (alignment < 1 || alignment > 128 ||
        !std::has_single_bit(static_cast<std::uint64_t>(alignment))) {
        refuse(fmt::format("leading=strided needs alignment = 1, 2, 4, ... or 128 bytes, got {}",
                           alignment),
               "write alignment=16");
    }
    const int smallest = std::min(
        {bits(gemm.a), bits(gemm.b), bits(gemm.d), gemm.c == DType::none ? 64 : bits(gemm.c)});
    if (alignment * 8 < smallest) {
        refuse(fmt::format("alignment={} bytes is below the size of every element", alignment),
               fmt::format("write alignment={}", smallest / 8));
    }
}

} // namespace

void validate_gemm(const Gemm& gemm) {
    check_dims(gemm);
    check_dtypes(gemm);
    check_addend(gemm);
    check_epilogue(gemm);
    check_quantization(gemm);
    check_leading(gemm);
}

bool has_step(const Gemm& gemm, EpilogueStep step) noexcept {
    return std::find(gemm.epilogue.begin(), gemm.epilogue.end(), step) != gemm.epilogue.end();
}

bool has_quantized_b(const Gemm& gemm) noexcept {
    return is_floating(gemm.a) && !is_floating(gemm.b);
}

DType accumulator(const Gemm& gemm) noexcept {
    if (gemm.a == DType::f64) return DType::f64;
    return is_floating(gemm.a) ? DType::f32 : DType::s32;
}

} // namespace hone
