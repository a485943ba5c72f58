#include "program.hpp"

#include "attention_source.embed.hpp"
#include "elements_source.embed.hpp"
#include "exponential_source.embed.hpp"

#include <bit>

namespace hone::attention_cpu {

std::int64_t round_up(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step * step;
}

std::int64_t rows_of_block(const Tuning& tuning) { return tuning.strips * tuning.nv * tuning.vl; }

std::int64_t block_keys(const Tuning& tuning) {
    return round_up(tuning.bk, tuning.mode == Mode::rows ? tuning.vl : tuning.mk);
}

Macros::Macros(const Attention& attention, const Tuning& tuning, std::int64_t slots) {
    options_ = {"-O1"}; // -O2 makes no faster kernels: vectors are written by hand
    define("TYPE", std::string(to_string(attention.dtype)));
    number("VL", tuning.vl);
    number("PAIRS", tuning.pairs);
    number("EXP_DEGREE", tuning.exp_degree);
    number("SPLIT", tuning.split);
    number("QUERY_SLOTS", slots);
    number("HEAD_DIM", tuning.fixed_dims ? attention.head_dim : 0);
    number("HEAD_DIM_V", tuning.fixed_dims ? attention.head_dim_v : 0);
}

void Macros::define(const char* name, const std::string& value) {
    options_.push_back("-D" + std::string(name) + "=" + value);
}

void Macros::number(const char* name, std::int64_t value) { define(name, std::to_string(value)); }

void Macros::strips(const Attention& attention, const Tuning& tuning) {
    number("NV", tuning.nv);
    number("MK", tuning.mk);
    number("MV", tuning.mv);
    number("KU", tuning.ku);
    number("STRIPS", tuning.strips);
    number("BK", block_keys(tuning));
    number("COPY", tuning.copy || attention.dtype != DType::f32);
}

Module make_module(std::span<const Part> parts, std::vector<std::string> entries,
                   const Macros& macros) {
    Module module;
    module.name = std::string("attention_") + parts.back().file;
    // Every part keeps its own line numbers in diagnostics.
    const auto add = [&](const Part& part) {
        module.source += "#line 1 \"" + std::string(part.file) + "\"\n";
        module.source += part.text;
    };
    add({"elements.cc", elements_source});
    add({"exponential.cc", exponential_source});
    add({"attention.cc", attention_source});
    for (const Part& part : parts) add(part);
    module.options = macros.options();
    module.entries = std::move(entries);
    return module;
}

std::vector<KernelArg> arguments(const Attention& attention, const Operands& at,
                                 const Extent& pieces_at) {
    std::vector<KernelArg> args;
    for (const int operand : {at.q, at.k, at.v, at.q_offsets, at.kv_offsets})
        args.emplace_back(OperandArg{operand});
    const bool paged = at.block_table >= 0;
    if (paged)
        args.emplace_back(OperandArg{at.block_table});
    else
        args.emplace_back(ImmediateArg{0, 64});
    for (const int operand : {at.o, at.lse}) args.emplace_back(OperandArg{operand});
    args.emplace_back(WorkspaceArg{});
    args.emplace_back(WorkspaceArg{pieces_at});
    for (const int dim :
         {Attention::batch_dim, Attention::heads_dim, Attention::kv_heads_dim, Attention::q_len_dim,
          Attention::kv_len_dim, Attention::head_dim_dim, Attention::head_dim_v_dim})
        args.emplace_back(DimArg{dim});
    for (const int operand : {at.q, at.k, at.v, at.o, at.lse})
        add_strides(attention, operand, args);
    const auto number = [&](std::int64_t value) {
        args.emplace_back(ImmediateArg{static_cast<std::uint64_t>(value), 64});
    };
    if (paged)
        args.emplace_back(StrideArg{at.block_table, 0});
    else
        number(0);
    number(attention.causal);
    number(attention.window);
    number(attention.page_size);
    number(attention.explicit_scale);
    args.emplace_back(
        ImmediateArg{std::bit_cast<std::uint32_t>(static_cast<float>(attention.softcap))});
    if (attention.explicit_scale)
        args.emplace_back(ScalarArg{at.scale});
    else
        args.emplace_back(ImmediateArg{0});
    return args;
}

void add_strides(const Attention& attention, int operand, std::vector<KernelArg>& args) {
    const bool bshd = attention.layout == AttentionLayout::bshd;
    args.emplace_back(StrideArg{operand, 0});
    args.emplace_back(StrideArg{operand, bshd ? 1 : 2});
    args.emplace_back(StrideArg{operand, bshd ? 2 : 1});
}

} // namespace hone::attention_cpu
