#include "lib/dispatch/prepared.hpp"

#include "hone/error.hpp"

#include <algorithm>

namespace hone::dispatch {
namespace {

void keep_dims(const Extent& extent, const Problem& from, Problem& to) {
    for (const Extent::Term& term : extent.terms) {
        const auto dim = static_cast<std::size_t>(term.dim);
        to.dims[dim] = from.dims[dim];
    }
    for (const Extent& part : extent.plus) keep_dims(part, from, to);
}

} // namespace

PreparedOperands::Share PreparedOperands::share(Session& session, const Served& served, int which,
                                                const Problem& problem,
                                                std::span<const Tensor> operands) {
    const Prepare& prepare = served.prepare.at(static_cast<std::size_t>(which));
    const Tensor& operand = operands[static_cast<std::size_t>(prepare.operand)];
    Key key{.family = served.standing.family,
            .layout = prepare.layout,
            .problem = class_of(problem),
            .data = operand.data,
            .strides = operand.strides};
    // What it takes up names all the dims that it depends on.
    keep_dims(prepare.bytes, problem, key.problem);

    const std::lock_guard lock(mutex_);
    std::erase_if(forms_, [](const Form& form) { return form.held.expired(); });
    for (const Form& form : forms_)
        if (form.key == key)
            if (auto hold = form.held.lock()) return {form.memory->data(), std::move(hold)};

    auto memory = session.allocate(static_cast<std::size_t>(prepare.bytes.value(problem)),
                                   MemoryUse::workspace);
    if (!memory) throw Error(Errc::unavailable, "no memory to prepare a constant operand");
    void* const data = memory->data();
    const Status status = served.kernel->prepare(which, problem, operands, data, Stream{});
    if (status != Status::ok)
        throw Error(Errc::unavailable,
                    std::string("preparing a constant operand failed: ") + to_string(status));
    // Shares hold a token and not the memory: whichever thread drops the last one, and be it after
    // the session has gone, frees nothing of a device.
    auto hold = std::make_shared<const char>();
    forms_.push_back({std::move(key), std::move(memory), hold});
    return {data, std::move(hold)};
}

std::size_t PreparedOperands::count() const {
    const std::lock_guard lock(mutex_);
    return forms_.size();
}

} // namespace hone::dispatch
