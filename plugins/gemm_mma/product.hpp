// How products are formed from the elements as given.
#pragma once

#include "cuda_family/host/target.hpp"
#include "hone/gemm.hpp"

#include <string>
#include <vector>

namespace hone::gemm_mma {

// PRODUCT in a config: "as_given", or for f32 operands "tf32", "3xtf32", "bf16x3".
struct Product {
    std::string name;
    DType a = DType::none, b = DType::none; // what the matrix unit is given
    int terms = 1;                          // of how many an f32 is made; two give three products
    bool round = false;                     // f32 to tf32 in the kernel
    bool pack = false;                      // f32 to bf16 in the kernel
};

// Those that exist for the problem's types on this architecture; empty: none.
[[nodiscard]] std::vector<Product> products(const Gemm& gemm, const cuda_family::Target& target);
// Throws Error(internal) when it is none of those.
[[nodiscard]] Product product(const Gemm& gemm, const cuda_family::Target& target,
                              const std::string& name);

// "m16n8k16": the largest instruction for products of this type.
[[nodiscard]] std::string instruction_shape(DType operand, const cuda_family::Target& target);

} // namespace hone::gemm_mma
