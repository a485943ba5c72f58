#include "shape.hpp"

#include "hone/config.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace hone::attention_mma {

std::string objection(const Attention& attention, const DeviceModel& device) {
    if (std::string reason = cuda_family::objection(device); !reason.empty()) return reason;
    const bool turing = !cuda_family::Target::from(device).async_copies();
    if (attention.dtype == DType::f32) return "f32 operands are not supported";
    if (attention.dtype == DType::bf16 && turing) return device.arch + " has no bf16";
    for (const std::int64_t columns : {attention.head_dim, attention.head_dim_v})
        if (columns % 8 != 0 || columns > 256)
            return "head_dim and head_dim_v must be multiples of 8 up to 256, not " +
                   std::to_string(columns);
    return {};
}

std::int64_t padded(std::int64_t columns) { return (columns + 15) / 16 * 16; }

std::int64_t row_bytes(std::int64_t columns) { return (padded(columns) / 8 | 1) * 16; }

std::int64_t group(const Attention& attention) { return attention.heads / attention.kv_heads; }

void define_problem(cuda_family::Macros& macros, const Attention& attention,
                    const cuda_family::Target& target) {
    const bool drawn = attention.lengths.kind != Lengths::Kind::fixed;
    const bool bf16 = attention.dtype == DType::bf16;
    macros.type("TYPE", attention.dtype)
        .number("IS_BF16", bf16)
        .type("MMA_A", attention.dtype)
        .type("MMA_B", attention.dtype)
        .define("ACC", "f32")
        .define("MMA_SHAPE", target.async_copies() ? "m16n8k16" : "m16n8k8")
        .number("HEAD_DIM", attention.head_dim)
        .number("HEAD_DIM_V", attention.head_dim_v)
        .number("CAUSAL", attention.causal)
        .number("WINDOW", attention.window)
        .number("HAS_SOFTCAP", attention.softcap > 0)
        .number("EXPLICIT_SCALE", attention.explicit_scale)
        .define("SOFTCAP", to_string(Value(attention.softcap)) + "f")
        .number("VARIABLE_Q", attention.variable_q)
        .number("VARIABLE_KV", drawn && attention.page_size == 0)
        .number("PAGE_SIZE", attention.page_size);
}

void add_strides(std::vector<KernelArg>& args, const Attention& attention, bool present,
                 int operand) {
    const int position = attention.layout == AttentionLayout::bshd ? 1 : 2;
    for (const int axis : {0, position, 3 - position}) {
        if (present)
            args.emplace_back(StrideArg{operand, axis});
        else
            args.emplace_back(ImmediateArg{0, 64});
    }
}

KernelArg pointer(bool present, int operand) {
    if (present) return OperandArg{operand};
    return ImmediateArg{0, 64};
}

KernelArg scale(const Attention& attention, int operand) {
    if (attention.explicit_scale) return ScalarArg{operand};
    const float value = 1 / std::sqrt(static_cast<float>(attention.head_dim));
    return ImmediateArg{std::bit_cast<std::uint32_t>(value), 32};
}

StaticDims static_dims() {
    const std::vector<std::int64_t> lengths{16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384};
    return {{Attention::head_dim_dim, Attention::head_dim_v_dim, Attention::heads_dim,
             Attention::kv_heads_dim},
            {{Attention::batch_dim, {1, 4, 16, 64, 256}},
             {Attention::q_len_dim, {1, 2, 4, 8, 16, 64, 256, 1024, 4096, 16384}},
             {Attention::kv_len_dim, lengths}}};
}

} // namespace hone::attention_mma
