// Attention by its definition, apart from the code under test.
#pragma once

#include "hone/attention.hpp"
#include "lib/op/attention_shape.hpp"
#include "tests/op/tensors.hpp"

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace hone::test {

// Where tensors of a sequence are, from the offsets and block tables that kernels see.
struct Place {
    const Attention& attention;
    const HostTensor& tensor;
    const HostTensor* offsets; // of this side; null or absent: equal lengths
    const HostTensor* table = nullptr;

    std::int64_t at(std::int64_t b, std::int64_t i, std::int64_t h, std::int64_t e) const {
        const bool bshd = attention.layout == AttentionLayout::bshd;
        if (table != nullptr && table->spec.present()) {
            const std::int64_t page = attention.page_size;
            const auto index = static_cast<std::int64_t>(element(*table, {b, i / page}));
            return bshd ? test::position(tensor.spec, {index, i % page, h, e})
                        : test::position(tensor.spec, {index, h, i % page, e});
        }
        if (offsets != nullptr && offsets->spec.present()) {
            const auto first = static_cast<std::int64_t>(element(*offsets, {b}));
            return test::position(tensor.spec, {0, first + i, h, e});
        }
        return bshd ? test::position(tensor.spec, {b, i, h, e})
                    : test::position(tensor.spec, {b, h, i, e});
    }
};

// Attention by its definition, one element at a time.
class Naive {
  public:
    Naive(const Attention& attention, const Tensors& tensors)
        : a_(attention), q_{attention, tensors[0], &tensors[attention.backward ? 6 : 3]},
          k_{attention, tensors[1], paged() ? nullptr : &tensors[attention.backward ? 7 : 4],
             paged() ? &tensors[5] : nullptr},
          v_{attention, tensors[2], k_.offsets, k_.table},
          scale_(attention.explicit_scale ? element(tensors[attention.backward ? 8 : 6], {})
                                          : 1 / std::sqrt(double(attention.head_dim))) {
        for (const int arg : {0, 1, 2}) {
            const HostTensor& tensor = tensors[arg];
            auto& copy = values[static_cast<std::size_t>(arg)];
            for (std::int64_t i = 0; i < tensor.spec.extent(); ++i) {
                copy.push_back(to_double(tensor.spec.dtype, tensor.data, i));
            }
        }
        const HostTensor& q_offsets = tensors[attention.backward ? 6 : 3];
        const HostTensor& kv_offsets = tensors[attention.backward ? 7 : 4];
        for (std::int64_t b = 0; b < a_.batch; ++b) {
            const auto length = [&](const HostTensor& offsets, std::int64_t fixed) {
                if (!offsets.spec.present()) return fixed;
                return static_cast<std::int64_t>(element(offsets, {b + 1}) - element(offsets, {b}));
            };
            q_lengths.push_back(length(q_offsets, a_.q_len));
            kv_lengths.push_back(length(kv_offsets, a_.kv_len));
        }
    }

    bool sees(std::int64_t b, std::int64_t i, std::int64_t j) const {
        const auto at = static_cast<std::size_t>(b);
        const std::int64_t diagonal = i + kv_lengths[at] - q_lengths[at];
        return (!a_.causal || j <= diagonal) && (a_.window == 0 || j >= diagonal - a_.window);
    }
    double q(std::int64_t b, std::int64_t i, std::int64_t h, std::int64_t e) const {
        return values[0][static_cast<std::size_t>(q_.at(b, i, h, e))];
    }
    double k(std::int64_t b, std::int64_t j, std::int64_t h, std::int64_t e) const {
        return values[1][static_cast<std::size_t>(k_.at(b, j, h / (a_.heads / a_.kv_heads), e))];
    }
    double v(std::int64_t b, std::int64_t j, std::int64_t h, std::int64_t e) const {
        return values[2][static_cast<std::size_t>(v_.at(b, j, h / (a_.heads / a_.kv_heads), e))];
    }
    double score(std::int64_t b, std::int64_t i, std::int64_t h, std::int64_t j) const {
        double sum = 0;
        for (std::int64_t e = 0; e < a_.head_dim; ++e) sum += q(b, i, h, e) * k(b, j, h, e);
        sum *= scale_;
        return a_.softcap > 0 ? a_.softcap * std::tanh(sum / a_.softcap) : sum;
    }
    // What rounding errors of a score are in proportion to.
    double score_magnitude(std::int64_t b, std::int64_t i, std::int64_t h, std::int64_t j) const {
        double sum = 0;
        for (std::int64_t e = 0; e < a_.head_dim; ++e)
            sum += std::abs(q(b, i, h, e) * k(b, j, h, e));
        return sum * std::abs(scale_);
    }
    // log-sum-exp; and o with what its rounding errors are in proportion to: the sum of |P||V|, and
    // the root of the sum of what each score's error moves, squared.
    double lse(std::int64_t b, std::int64_t i, std::int64_t h) const {
        long double sum = 0;
        for (std::int64_t j = 0; j < kv_lengths[static_cast<std::size_t>(b)]; ++j) {
            if (sees(b, i, j)) sum += std::exp(static_cast<long double>(score(b, i, h, j)));
        }
        return static_cast<double>(std::log(sum));
    }
    std::pair<double, double> o(std::int64_t b, std::int64_t i, std::int64_t h,
                                std::int64_t e) const {
        const double log_sum = lse(b, i, h);
        long double sum = 0, magnitude = 0, moved = 0, moved_sum = 0;
        for (std::int64_t j = 0; j < kv_lengths[static_cast<std::size_t>(b)]; ++j) {
            if (!sees(b, i, j)) continue;
            const long double p = std::exp(static_cast<long double>(score(b, i, h, j)) - log_sum);
            sum += p * v(b, j, h, e);
            magnitude += p * std::abs(v(b, j, h, e));
            const long double share = p * score_magnitude(b, i, h, j);
            moved += share * share * v(b, j, h, e) * v(b, j, h, e);
            moved_sum += share * share;
        }
        magnitude += std::sqrt(moved + sum * sum * moved_sum);
        return {static_cast<double>(sum), static_cast<double>(magnitude)};
    }

    bool paged() const { return a_.page_size > 0; }

    std::vector<double> values[3]; // by storage position; may be changed
    std::vector<std::int64_t> q_lengths, kv_lengths;
    const Attention& a_;
    Place q_, k_, v_;
    double scale_;
};

// The token of a row, found by counting.
inline Token token_of(const Attention& attention, const Naive& naive, std::int64_t row) {
    if (attention.variable_q) {
        std::int64_t at = row / attention.heads, b = 0;
        while (at >= naive.q_lengths[static_cast<std::size_t>(b)]) {
            at -= naive.q_lengths[static_cast<std::size_t>(b++)];
        }
        return {b, row % attention.heads, at};
    }
    const std::int64_t per_batch = attention.q_len * attention.heads;
    const std::int64_t rest = row % per_batch;
    return attention.layout == AttentionLayout::bshd
               ? Token{row / per_batch, rest % attention.heads, rest / attention.heads}
               : Token{row / per_batch, rest / attention.q_len, rest % attention.q_len};
}

} // namespace hone::test
