#include "matmul.hpp"

namespace hone::cublaslt {
namespace {

constexpr int no_such_proposal = -1;
constexpr int no_library = -2;

struct Operand {
    std::int64_t rows, columns, leading, batch_stride; // column-major
};

int make_layout(const Library& library, Handle& layout, Type type, const Operand& operand,
                std::int64_t batch) {
    int status = library.layout(&layout, type, static_cast<std::uint64_t>(operand.rows),
                                static_cast<std::uint64_t>(operand.columns), operand.leading);
    if (status != 0 || batch == 1) return status;
    const auto count = static_cast<std::int32_t>(batch);
    status = library.layout_set(layout, LayoutAttribute::batch_count, &count, sizeof count);
    if (status != 0) return status;
    return library.layout_set(layout, LayoutAttribute::batch_stride, &operand.batch_stride,
                              sizeof operand.batch_stride);
}

} // namespace

int Matmul::start() {
    const std::lock_guard lock(mutex_);
    if (!library_.usable()) return no_library;
    return handle_ ? 0 : library_.create(&handle_);
}

// The library is column-major: it is given D^T = op(B)^T op(A)^T, and a row-major matrix is the
// transpose of a column-major one, so nothing moves.
Matmul::Plan Matmul::make(const Product& product) const {
    Plan plan;
    const auto fails = [&plan](int status) {
        if (status != 0) plan.status = status;
        return status != 0;
    };
    const auto& p = product;
    const Operand first =
        p.transpose_b ? Operand{p.k, p.n, p.ldb, p.stride_b} : Operand{p.n, p.k, p.ldb, p.stride_b};
    const Operand second =
        p.transpose_a ? Operand{p.m, p.k, p.lda, p.stride_a} : Operand{p.k, p.m, p.lda, p.stride_a};
    const Operand result{p.n, p.m, p.ldd, p.stride_d};
    Handle preference = nullptr;
    const auto bytes = static_cast<std::uint64_t>(workspace_bytes);
    const Library& lt = library_;
    if (fails(lt.describe(&plan.descriptor, p.compute, Type::f32)) ||
        fails(lt.describe_set(plan.descriptor, DescriptorAttribute::transpose_a, &p.transpose_b,
                              sizeof(int))) ||
        fails(lt.describe_set(plan.descriptor, DescriptorAttribute::transpose_b, &p.transpose_a,
                              sizeof(int))) ||
        fails(make_layout(lt, plan.a, p.operand, first, p.batch)) ||
        fails(make_layout(lt, plan.b, p.operand, second, p.batch)) ||
        fails(make_layout(lt, plan.d, p.result, result, p.batch)) ||
        fails(lt.preference(&preference)) ||
        fails(lt.preference_set(preference, PreferenceAttribute::workspace_bytes, &bytes,
                                sizeof bytes)))
        return plan;
    std::array<Heuristic, most_proposals> proposals{};
    int found = 0;
    if (fails(lt.heuristics(handle_, plan.descriptor, plan.a, plan.b, plan.d, plan.d, preference,
                            most_proposals, proposals.data(), &found)))
        return plan;
    const auto rank = static_cast<std::size_t>(p.rank);
    if (p.rank >= found || proposals[rank].state != 0)
        plan.status = no_such_proposal;
    else
        plan.algorithm = proposals[rank].algorithm;
    return plan;
}

int Matmul::run(const Product& product, const float* alpha, const void* a, const void* b, void* d,
                void* workspace, void* stream) {
    const std::lock_guard lock(mutex_);
    if (!handle_) return no_library;
    auto found = plans_.find(product);
    if (found == plans_.end()) found = plans_.emplace(product, make(product)).first;
    const Plan& plan = found->second;
    if (plan.status != 0) return plan.status;
    const float beta = 0;
    return library_.matmul(handle_, plan.descriptor, alpha, b, plan.a, a, plan.b, &beta, d, plan.d,
                           d, plan.d, &plan.algorithm, workspace,
                           static_cast<std::size_t>(workspace_bytes), stream);
}

} // namespace hone::cublaslt
