#include "hone/error.hpp"
#include "lib/base/saturating.hpp"
#include "lib/op/attention_operation.hpp"
#include "lib/op/limits.hpp"

#include <fmt/format.h>

#include <cmath>

namespace hone {

namespace {

// Each has a length of its own to be drawn.
constexpr std::int64_t most_sequences = std::int64_t{1} << 20;

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) {
    throw Error(Errc::workload, what, hint);
}

void check_dims(const Attention& attention) {
    const std::pair<const char*, std::int64_t> dims[] = {
        {"batch", attention.batch},          {"heads", attention.heads},
        {"kv_heads", attention.kv_heads},    {"q_len", attention.q_len},
        {"kv_len", attention.kv_len},        {"head_dim", attention.head_dim},
        {"head_dim_v", attention.head_dim_v}};
    for (const auto& [key, value] : dims) {
        if (value < 1 || value > largest_index) {
            refuse(fmt::format("{} must be in 1 to {}, got {}", key, largest_index, value));
        }
    }
    if (attention.batch > most_sequences) {
        refuse(fmt::format("batch must be at most {}, got {}", most_sequences, attention.batch));
    }
    if (attention.heads % attention.kv_heads != 0) {
        refuse(fmt::format("kv_heads must divide heads, got heads={} kv_heads={}", attention.heads,
                           attention.kv_heads));
    }
    const std::int64_t width = std::max(attention.head_dim, attention.head_dim_v);
    for (const auto& [keys, length, heads] :
         {std::tuple{"q_len and heads", attention.q_len, attention.heads},
          std::tuple{"kv_len and kv_heads", attention.kv_len, attention.kv_heads}}) {
        const std::int64_t tokens = saturating_multiply(attention.batch, length);
        const std::int64_t elements =
            saturating_multiply(saturating_multiply(tokens, heads), width);
        if (tokens > largest_index || elements > largest_tensor_elements) {
            refuse(fmt::format("{} ask for a tensor of {} x {} x {} x {} elements", keys,
                               attention.batch, length, heads, width));
        }
    }
}

void check_lengths(const Attention& attention) {
    const Lengths& lengths = attention.lengths;
    validate_lengths(lengths, "lengths", true);
    const bool drawn = lengths.kind != Lengths::Kind::fixed;
    if (drawn && attention.kv_len != lengths.high) {
        refuse(fmt::format("kv_len is the longest length, so it must equal lengths.high, got "
                           "kv_len={} lengths.high={}",
                           attention.kv_len, lengths.high),
               "leave kv_len out");
    }
    if (drawn && attention.page_size == 0 && attention.layout != AttentionLayout::bshd) {
        refuse("sequences of drawn lengths follow each other in memory, which needs layout=bshd");
    }
    if (!attention.variable_q) return;
    if (!drawn) {
        refuse("variable_q=true needs drawn lengths", "write lengths.distribution=uniform");
    }
    if (attention.layout != AttentionLayout::bshd) refuse("variable_q=true needs layout=bshd");
    if (attention.q_len != attention.kv_len) {
        refuse(fmt::format("variable_q=true gives every sequence as many queries as keys, got "
                           "q_len={} kv_len={}",
                           attention.q_len, attention.kv_len),
               "leave q_len out");
    }
}

} // namespace

void validate_attention(const Attention& attention) {
    check_dims(attention);
    check_lengths(attention);
    const DType dtype = attention.dtype;
    if (dtype != DType::f32 && dtype != DType::f16 && dtype != DType::bf16) {
        refuse(fmt::format("dtype must be f32, f16 or bf16, got {}", to_string(dtype)));
    }
    if (attention.window < 0) {
        refuse(fmt::format("window must not be negative, got {}", attention.window));
    }
    if (std::signbit(attention.softcap) || !std::isfinite(attention.softcap)) {
        refuse(fmt::format("softcap must be 0 or positive, got {}", attention.softcap));
    }
    if (attention.page_size < 0) {
        refuse(fmt::format("page_size must not be negative, got {}", attention.page_size));
    }
    if (attention.backward && (attention.lse || attention.page_size != 0)) {
        refuse("the backward pass has neither lse as an output nor page_size");
    }
}

} // namespace hone
