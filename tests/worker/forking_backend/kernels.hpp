// Candidates of every kind of temper.
#pragma once

#include "hone/backend.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace worker_test {

// y = scale * x, z += x. Operands: x (constant), y (out), z (inout), scale (scalar).
struct Arguments {
    std::int64_t n = 0;
    std::span<const hone::Tensor> operands;
    std::span<void* const> prepared;
    float* workspace = nullptr; // n elements

    const float* x() const { return static_cast<const float*>(operands[0].data); }
    float* y() const { return static_cast<float*>(operands[1].data); }
    float* z() const { return static_cast<float*>(operands[2].data); }
    float scale() const { return *static_cast<const float*>(operands[3].data); }
};

struct Body {
    std::string_view name;
    hone::Status (*run)(const Arguments& arguments);
};

// Null for an unknown name.
const Body* find_body(std::string_view name);

} // namespace worker_test
