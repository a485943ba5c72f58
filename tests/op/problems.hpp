// Problems of the core operations from their texts.
#pragma once

#include "hone/grouped_gemm.hpp"
#include "hone/workload.hpp"

#include <array>
#include <string>
#include <string_view>

namespace hone::test {

inline std::array<const Operation*, 4> core_operations() {
    return {&gemm_operation(), &attention_operation(), &attention_backward_operation(),
            &grouped_gemm_operation()};
}

inline Problem problem(const std::string& text) {
    return parse_problem(text, core_operations()).problem;
}

} // namespace hone::test
