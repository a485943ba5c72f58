#include "lib/op/gemm_epilogue.hpp"

#include "lib/op/matrix_view.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace hone {

namespace {

template <typename Real> Real silu(Real x) { return x / (1 + std::exp(-x)); }

template <typename Real> Real gelu(Real x) {
    return x / 2 * (1 + std::erf(x * (1 / std::numbers::sqrt2_v<Real>)));
}

// Hendrycks, Gimpel, Gaussian Error Linear Units, 2016, section 2.
template <typename Real> Real gelu_tanh(Real x) {
    constexpr Real root = std::numbers::sqrt2_v<Real> * std::numbers::inv_sqrtpi_v<Real>;
    return x / 2 * (1 + std::tanh(root * (x + static_cast<Real>(0.044715) * x * x * x)));
}

template <typename Real, typename Function>
void activate(std::int64_t count, Real slope, Real* values, Real* magnitudes, Function function) {
    for (std::int64_t j = 0; j < count; ++j) {
        values[j] = function(values[j]);
        magnitudes[j] *= slope;
    }
}

template <typename Real> void swiglu(std::int64_t half, Real* values, Real* magnitudes) {
    constexpr auto second_order = static_cast<Real>(0x1p-24);
    for (std::int64_t j = 0; j < half; ++j) {
        const Real gate = silu(values[j]), linear = values[half + j];
        const Real gate_magnitude = static_cast<Real>(1.1) * magnitudes[j];
        const Real linear_magnitude = magnitudes[half + j];
        values[j] = gate * linear;
        magnitudes[j] = gate_magnitude * std::abs(linear) + std::abs(gate) * linear_magnitude +
                        gate_magnitude * linear_magnitude * second_order;
    }
}

double scalar_of(const HostTensor& tensor, double absent) {
    return tensor.spec.present() ? to_double(tensor.spec.dtype, tensor.data, 0) : absent;
}

} // namespace

GemmEpilogue::GemmEpilogue(const Gemm& gemm, std::span<const HostTensor> args)
    : gemm_(gemm), args_(args), alpha_(scalar_of(args[Gemm::alpha_arg], 1)),
      beta_(scalar_of(args[Gemm::beta_arg], 0)) {}

template <typename Real>
void GemmEpilogue::add_row(const HostTensor& tensor, std::int64_t batch, std::int64_t row,
                           Real factor, std::int64_t count, Real* values, Real* magnitudes) const {
    std::vector<Real> addend(static_cast<std::size_t>(count));
    if (tensor.spec.rank == 1) {
        load_run(tensor.spec.dtype, tensor.data, 0, 1, count, addend.data());
    } else {
        matrix_of(tensor, batch).read_row(row, 0, count, addend.data());
    }
    for (std::int64_t j = 0; j < count; ++j) {
        const Real term = factor * addend[static_cast<std::size_t>(j)];
        values[j] += term;
        magnitudes[j] += std::abs(term);
    }
}

template <typename Real>
void GemmEpilogue::apply(std::int64_t batch, std::int64_t row, Real* values,
                         Real* magnitudes) const {
    std::int64_t count = gemm_.n;
    if (gemm_.scale != Scale::none) {
        const auto alpha = static_cast<Real>(alpha_);
        for (std::int64_t j = 0; j < count; ++j) {
            values[j] *= alpha;
            magnitudes[j] *= std::abs(alpha);
        }
    }
    if (gemm_.scale == Scale::alpha_beta) {
        add_row(args_[Gemm::c_arg], batch, row, static_cast<Real>(beta_), count, values,
                magnitudes);
    }
    if (gemm_.accumulate) {
        add_row(args_[Gemm::d_arg], batch, row, Real{1}, count, values, magnitudes);
    }
    constexpr auto steepest = static_cast<Real>(1.13);
    for (const EpilogueStep step : gemm_.epilogue) {
        switch (step) {
        case EpilogueStep::bias:
            add_row(args_[Gemm::bias_arg], batch, row, Real{1}, count, values, magnitudes);
            break;
        case EpilogueStep::relu:
            activate(count, Real{1}, values, magnitudes,
                     [](Real x) { return std::max(x, Real{0}); });
            break;
        case EpilogueStep::silu:
            activate(count, steepest, values, magnitudes, silu<Real>);
            break;
        case EpilogueStep::gelu:
            activate(count, steepest, values, magnitudes, gelu<Real>);
            break;
        case EpilogueStep::gelu_tanh:
            activate(count, steepest, values, magnitudes, gelu_tanh<Real>);
            break;
        case EpilogueStep::swiglu:
            count /= 2;
            swiglu(count, values, magnitudes);
            break;
        case EpilogueStep::residual:
            add_row(args_[Gemm::residual_arg], batch, row, Real{1}, count, values, magnitudes);
            break;
        }
    }
}

template void GemmEpilogue::apply(std::int64_t, std::int64_t, float*, float*) const;
template void GemmEpilogue::apply(std::int64_t, std::int64_t, double*, double*) const;

} // namespace hone
