// What the programs of both passes are made of.
#pragma once

#include "hone/attention.hpp"
#include "hone/program.hpp"
#include "tuning.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone::attention_cpu {

inline constexpr std::int64_t counter_bytes =
    64; // of next units of work, the workspace's beginning
inline constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

[[nodiscard]] std::int64_t round_up(std::int64_t value, std::int64_t step);
[[nodiscard]] std::int64_t rows_of_block(const Tuning& tuning);
[[nodiscard]] std::int64_t block_keys(const Tuning& tuning);

// What all kernels of a program agree on, and what each adds.
class Macros final {
  public:
    // `slots`: QUERY_SLOTS of kernel/attention.cc.
    Macros(const Attention& attention, const Tuning& tuning, std::int64_t slots);
    void define(const char* name, const std::string& value);
    void number(const char* name, std::int64_t value);
    // Those of kernel/strips.cc.
    void strips(const Attention& attention, const Tuning& tuning);
    [[nodiscard]] const std::vector<std::string>& options() const { return options_; }

  private:
    std::vector<std::string> options_;
};

struct Part { // a file of kernel/
    const char* file;
    std::string_view text;
};
// Named after its last part, which comes after those that every kernel needs.
[[nodiscard]] Module make_module(std::span<const Part> parts, std::vector<std::string> entries,
                                 const Macros& macros);

// Where the operation has the operands that struct Attention of kernel/attention.cc begins with.
// block_table and scale may be absent: -1.
struct Operands {
    int q, k, v, q_offsets, kv_offsets, block_table, scale, o, lse;
};
[[nodiscard]] std::vector<KernelArg> arguments(const Attention& attention, const Operands& at,
                                               const Extent& pieces_at);
// Strides of a tensor: batch, row, head.
void add_strides(const Attention& attention, int operand, std::vector<KernelArg>& args);

} // namespace hone::attention_cpu
