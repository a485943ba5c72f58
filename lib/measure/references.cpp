#include "lib/measure/references.hpp"

#include <algorithm>

namespace hone {

namespace {

bool is_rounded(const ArgSpec& spec, const Numerics& numerics) {
    return spec.present() && spec.factor && unit_roundoff(spec.dtype) > 0 &&
           unit_roundoff(numerics.operand) > unit_roundoff(spec.dtype);
}

// A copy with every element rounded to `dtype`, still stored in its own.
std::vector<std::byte> rounded_copy(const HostTensor& tensor, DType dtype) {
    const std::int64_t count = tensor.spec.extent();
    std::vector<std::byte> copy(static_cast<std::size_t>(bytes(tensor.spec.dtype, count)));
    double element = 0; // also large enough to store one of any dtype
    for (std::int64_t i = 0; i < count; ++i) {
        from_double(dtype, &element, 0, to_double(tensor.spec.dtype, tensor.data, i));
        from_double(tensor.spec.dtype, copy.data(), i, to_double(dtype, &element, 0));
    }
    return copy;
}

} // namespace

References::View* References::rounded(const Numerics& numerics) {
    const std::span<const HostTensor> inputs = set_.memory->inputs();
    if (numerics.split_terms > 1 ||
        std::none_of(inputs.begin(), inputs.end(),
                     [&](const HostTensor& input) { return is_rounded(input.spec, numerics); }))
        return nullptr;

    const auto [found, inserted] = views_.try_emplace(numerics.operand);
    View& view = found->second;
    if (!inserted) return &view;
    view.inputs.assign(inputs.begin(), inputs.end());
    for (HostTensor& input : view.inputs) {
        if (!is_rounded(input.spec, numerics)) continue;
        view.storage.push_back(rounded_copy(input, numerics.operand));
        input.data = view.storage.back().data(); // stays when the outer vector grows
    }
    return &view;
}

const Rows& References::stated() {
    if (!stated_)
        stated_ = operation_.reference(problem_, set_.memory->inputs(), set_.rows,
                                       Operation::Arithmetic::fp64);
    return *stated_;
}

const Rows& References::plain() {
    if (!plain_)
        plain_ = operation_.reference(problem_, set_.memory->inputs(), set_.rows,
                                      Operation::Arithmetic::plain);
    return *plain_;
}

const Rows& References::seen(const Numerics& numerics) {
    View* const view = rounded(numerics);
    if (!view) return stated();
    if (!view->rows)
        view->rows =
            operation_.reference(problem_, view->inputs, set_.rows, Operation::Arithmetic::fp64);
    return *view->rows;
}

std::span<const HostTensor> References::inputs_seen(const Numerics& numerics) {
    View* const view = rounded(numerics);
    return view ? std::span<const HostTensor>(view->inputs) : set_.memory->inputs();
}

Rows References::seen(const Numerics& numerics, const RowSelection& rows) {
    return operation_.reference(problem_, inputs_seen(numerics), rows, Operation::Arithmetic::fp64);
}

} // namespace hone
