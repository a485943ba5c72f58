#include "lib/dispatch/operands.hpp"

#include "hone/error.hpp"

namespace hone::dispatch {

OperandList::OperandList(std::span<const ArgSpec> args) : count(args.size()) {
    if (count > most) throw Error(Errc::internal, "an operation has too many operands to serve");
    for (std::size_t i = 0; i < count; ++i) present[i] = args[i].present();
}

bool OperandList::accepts(std::span<const Tensor> operands) const noexcept {
    if (operands.size() != count) return false;
    for (std::size_t i = 0; i < count; ++i)
        if (present[i] && !operands[i].data) return false;
    return true;
}

} // namespace hone::dispatch
