#include "lib/worker/operand_layout.hpp"

#include "hone/error.hpp"

#include <cstdint>
#include <limits>

namespace hone {

namespace {

constexpr std::size_t alignment = 256; // of an operand; what vector loads and DMA engines like
constexpr std::size_t page = 64 << 10; // of the largest page size in use

// The most a set may take: offsets stay far from overflowing.
constexpr std::size_t largest = std::size_t{1} << 46;

std::size_t round_up(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

std::size_t place(std::size_t& end, const ArgSpec& arg) {
    const std::int64_t bytes = arg.storage_bytes();
    if (bytes < 0 || static_cast<std::uint64_t>(bytes) > largest - end) {
        throw Error(Errc::workload, "operand " + arg.name + " is too large",
                    "use smaller dims or leading dimensions");
    }
    const std::size_t begin = round_up(end, alignment);
    end = begin + static_cast<std::size_t>(bytes);
    return begin;
}

} // namespace

OperandLayout operand_layout(std::span<const ArgSpec> args) {
    OperandLayout layout;
    std::size_t end = 0;
    for (const ArgSpec& arg : args)
        layout.inputs.push_back(is_read(arg) ? place(end, arg) : OperandLayout::none);
    layout.results_begin = end = round_up(end, page);
    for (const ArgSpec& arg : args)
        layout.results.push_back(is_written(arg) ? place(end, arg) : OperandLayout::none);
    layout.size = round_up(end, page);
    if (layout.size == 0) layout.size = page;
    return layout;
}

} // namespace hone
