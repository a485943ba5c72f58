#include "product.hpp"

#include "hone/error.hpp"

#include <algorithm>

namespace hone::gemm_mma {

std::vector<Product> products(const Gemm& gemm, const cuda_family::Target& target) {
    const Product as_given{"as_given", gemm.a, gemm.b};
    switch (gemm.a) {
    case DType::f32:
        if (!target.async_copies() || gemm.b != DType::f32) return {};
        return {{"tf32", DType::tf32, DType::tf32, 1, true, false},
                {"3xtf32", DType::tf32, DType::tf32, 2, true, false},
                {"bf16x3", DType::bf16, DType::bf16, 2, false, true}};
    case DType::tf32:
    case DType::bf16:
        if (!target.async_copies() || gemm.b != gemm.a) return {};
        return {as_given};
    case DType::f16:
        if (gemm.b != gemm.a) return {};
        return {as_given};
    case DType::s8:
    case DType::u8:
        return {as_given};
    case DType::e4m3:
    case DType::e5m2:
        if (!target.fp8() || (gemm.b != DType::e4m3 && gemm.b != DType::e5m2)) return {};
        return {as_given};
    default:
        return {};
    }
}

Product product(const Gemm& gemm, const cuda_family::Target& target, const std::string& name) {
    const std::vector<Product> all = products(gemm, target);
    const auto found = std::ranges::find(all, name, &Product::name);
    if (found == all.end()) throw Error(Errc::internal, "gemm_mma: no product " + name);
    return *found;
}

std::string instruction_shape(DType operand, const cuda_family::Target& target) {
    const bool turing = !target.async_copies();
    switch (bits(operand)) {
    case 32:
        return "m16n8k8";
    case 16:
        return turing ? "m16n8k8" : "m16n8k16";
    default:
        return turing ? "m8n8k16" : "m16n8k32";
    }
}

} // namespace hone::gemm_mma
