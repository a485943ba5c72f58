// Entries of a dispatch table made by hand, with kernels that count.
#pragma once

#include "hone/gemm.hpp"
#include "lib/dispatch/table.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace hone::test {

// Needs a number of bytes of workspace per row of a gemm, and does nothing.
class FakeKernel final : public Kernel {
  public:
    explicit FakeKernel(std::size_t bytes_per_row = 0) : bytes_per_row_(bytes_per_row) {}

    [[nodiscard]] std::size_t workspace_bytes(const Problem& problem) const noexcept override {
        return bytes_per_row_ * static_cast<std::size_t>(problem.dims[Gemm::m_dim]);
    }
    [[nodiscard]] Status launch(const Problem&, std::span<const Tensor>, std::span<void* const>,
                                void*, Stream) const noexcept override {
        return Status::ok;
    }
    [[nodiscard]] Status prepare(int, const Problem&, std::span<const Tensor>, void*,
                                 Stream) const noexcept override {
        return Status::ok;
    }

  private:
    std::size_t bytes_per_row_;
};

inline Problem gemm(std::int64_t m, std::int64_t n, std::int64_t k, DType dtype = DType::f32) {
    Gemm gemm;
    gemm.m = m;
    gemm.n = n;
    gemm.k = k;
    gemm.a = gemm.b = gemm.d = dtype;
    return gemm.problem();
}

// What the tests change of an entry.
struct Entry {
    Problem problem;
    Match match = Match::exact;
    std::uint64_t median_ps = 1000;
    std::uint64_t error_ppt = 1000;
    bool deterministic = true;
    StaticDims dims = {{}, {{Gemm::m_dim, {16, 64, 256}}}};
    std::size_t workspace_per_row = 0;
};

inline std::shared_ptr<const dispatch::Served> served(const Entry& entry) {
    auto made = std::make_shared<dispatch::Served>();
    made->problem = entry.problem;
    made->match = entry.match;
    made->kernel = std::make_unique<FakeKernel>(entry.workspace_per_row);
    made->standing.median_ps = entry.median_ps;
    made->standing.total_error.frobenius_ppt = entry.error_ppt;
    made->standing.plain_error.frobenius_ppt = entry.error_ppt;
    made->standing.deterministic = entry.deterministic;
    made->standing.workspace_bytes = made->kernel->workspace_bytes(entry.problem);
    made->dims = entry.dims;
    return made;
}

} // namespace hone::test
