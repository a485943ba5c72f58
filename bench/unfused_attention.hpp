// Attention as it is done with a BLAS: for each head a product, a vectorised softmax and a product.
#pragma once

#include "bench/spin_pool.hpp"
#include "hone/attention.hpp"

#include <cmath>
#include <cstring>
#include <dlfcn.h>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace hone {

// One library's sgemm, row-major, on the calling thread.
class Sgemm final {
  public:
    explicit Sgemm(const std::string& name) : onednn_(name == "onednn") {
        const char* file = onednn_              ? "libdnnl.so.2"
                           : name == "openblas" ? "libopenblas.so.0"
                                                : "libblis.so.4";
        library_ = dlopen(file, RTLD_NOW | RTLD_LOCAL);
        if (!library_) throw std::runtime_error(dlerror());
        entry_ = dlsym(library_, onednn_ ? "dnnl_sgemm" : "cblas_sgemm");
        if (name == "openblas") call_setter("openblas_set_num_threads");
        omp_threads_ = reinterpret_cast<void (*)(int)>(dlsym(library_, "omp_set_num_threads"));
    }

    // c = alpha a op(b); op transposes when asked.
    void run(bool transposed, int m, int n, int k, float alpha, const float* a, int lda,
             const float* b, int ldb, float* c, int ldc) const {
        // OpenMP's count of threads belongs to the thread that asks.
        if (omp_threads_) omp_threads_(1);
        if (onednn_) {
            using Entry =
                int (*)(char, char, std::int64_t, std::int64_t, std::int64_t, float, const float*,
                        std::int64_t, const float*, std::int64_t, float, float*, std::int64_t);
            reinterpret_cast<Entry>(entry_)('N', transposed ? 'T' : 'N', m, n, k, alpha, a, lda, b,
                                            ldb, 0, c, ldc);
            return;
        }
        using Entry = void (*)(int, int, int, int, int, int, float, const float*, int, const float*,
                               int, float, float*, int);
        constexpr int row_major = 101, plain = 111, transpose = 112;
        reinterpret_cast<Entry>(entry_)(row_major, plain, transposed ? transpose : plain, m, n, k,
                                        alpha, a, lda, b, ldb, 0, c, ldc);
    }

  private:
    void call_setter(const char* name) const {
        if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(library_, name))) set(1);
    }

    bool onednn_;
    void* library_ = nullptr;
    void* entry_ = nullptr;
    void (*omp_threads_)(int) = nullptr;
};

// In place: exp(x - max) / sum of the first `seen` of `count`, then zeros. exp as 2^(x log2(e))
// with the polynomial of degree 5 that attention_cpu takes as well.
template <class V, class I>
__attribute__((always_inline)) inline void softmax(float* row, int seen, int count) {
    constexpr int lanes = sizeof(V) / 4;
    for (int i = seen; i < count; ++i) row[i] = -std::numeric_limits<float>::infinity();
    const int end = (seen + lanes - 1) / lanes * lanes;
    V x, most;
    std::memcpy(&most, row, sizeof x);
    for (int i = lanes; i < end; i += lanes) {
        std::memcpy(&x, row + i, sizeof x);
        most = x > most ? x : most;
    }
    float largest = most[0];
    for (int i = 1; i < lanes; ++i) largest = most[i] > largest ? most[i] : largest;
    V total = {};
    for (int i = 0; i < end; i += lanes) {
        std::memcpy(&x, row + i, sizeof x);
        x = (x - largest) * 1.44269504f;
        x = x < -126.0f ? (V{} - 126.0f) : x;
        const V shifted = x + 12582912.0f;
        const V r = x - (shifted - 12582912.0f);
        V sum = 0.00133335387f * r + 0.00966624543f;
        sum = sum * r + 0.0555050021f;
        sum = sum * r + 0.240223513f;
        sum = sum * r + 0.693147144f;
        sum = sum * r + 1.0f;
        const V power = (V)((I)sum + ((I)shifted << 23));
        std::memcpy(row + i, &power, sizeof x);
        total += power;
    }
    float sum = 0;
    for (int i = 0; i < lanes; ++i) sum += total[i];
    const float factor = 1 / sum;
    for (int i = 0; i < end; i += lanes) {
        std::memcpy(&x, row + i, sizeof x);
        x *= factor;
        std::memcpy(row + i, &x, sizeof x);
    }
    for (int i = seen; i < count; ++i) row[i] = 0;
}
typedef float Floats8 __attribute__((vector_size(32)));
typedef float Floats16 __attribute__((vector_size(64)));
typedef int Ints8 __attribute__((vector_size(32)));
typedef int Ints16 __attribute__((vector_size(64)));
__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))) inline void
softmax_avx512(float* row, int seen, int count) {
    softmax<Floats16, Ints16>(row, seen, count);
}
__attribute__((target("avx2,fma"))) inline void softmax_avx2(float* row, int seen, int count) {
    softmax<Floats8, Ints8>(row, seen, count);
}

// Heads are shared out among the threads of the pool; each has room for the scores of one. f32,
// lengths of a multiple of 16, masks none or causal.
class UnfusedAttention final {
  public:
    UnfusedAttention(const std::string& library, const Attention& attention, SpinPool& pool)
        : sgemm_(library), attention_(attention), pool_(pool),
          scores_(static_cast<std::size_t>(pool.threads()) * size()) {}

    [[nodiscard]] static bool available(const std::string& library) {
        try {
            (void)Sgemm(library);
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }

    void run(std::span<const Tensor> operands) {
        operands_ = operands;
        pool_.run(
            pool_.threads(),
            [](void* self, int thread) { static_cast<UnfusedAttention*>(self)->work(thread); },
            this);
    }

  private:
    [[nodiscard]] std::size_t size() const {
        return static_cast<std::size_t>(attention_.q_len * attention_.kv_len);
    }

    void work(int thread) {
        static const bool wide = __builtin_cpu_supports("avx512f") != 0;
        const int queries = static_cast<int>(attention_.q_len);
        const int keys = static_cast<int>(attention_.kv_len);
        const bool bshd = attention_.layout == AttentionLayout::bshd;
        float* scores = scores_.data() + static_cast<std::size_t>(thread) * size();
        const auto at = [&](int arg, std::int64_t head) {
            const Tensor& tensor = operands_[static_cast<std::size_t>(arg)];
            return static_cast<float*>(tensor.data) + head * tensor.strides[bshd ? 2 : 1];
        };
        const auto row = [&](int arg) {
            return static_cast<int>(operands_[static_cast<std::size_t>(arg)].strides[bshd ? 1 : 2]);
        };
        for (std::int64_t head = thread; head < attention_.heads; head += pool_.threads()) {
            const std::int64_t kv_head = head / (attention_.heads / attention_.kv_heads);
            const int d = static_cast<int>(attention_.head_dim);
            const int d_v = static_cast<int>(attention_.head_dim_v);
            sgemm_.run(true, queries, keys, d, 1 / std::sqrt(static_cast<float>(d)),
                       at(Attention::q_arg, head), row(Attention::q_arg),
                       at(Attention::k_arg, kv_head), row(Attention::k_arg), scores, keys);
            for (int i = 0; i < queries; ++i) {
                const int seen = attention_.causal ? i + 1 + keys - queries : keys;
                (wide ? softmax_avx512
                      : softmax_avx2)(scores + static_cast<std::ptrdiff_t>(i) * keys, seen, keys);
            }
            sgemm_.run(false, queries, d_v, keys, 1, scores, keys, at(Attention::v_arg, kv_head),
                       row(Attention::v_arg), at(Attention::o_arg, head), row(Attention::o_arg));
        }
    }

    Sgemm sgemm_;
    Attention attention_;
    SpinPool& pool_;
    std::vector<float> scores_;
    std::span<const Tensor> operands_;
};

} // namespace hone
