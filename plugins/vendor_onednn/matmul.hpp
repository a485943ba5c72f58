// oneDNN's matmul primitives, through its C interface of version 2 or 3.
#pragma once

#include "common/library.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace hone::vendor {

enum class OnednnType : int { bf16 = 2, f32 = 3 }; // dnnl_data_type_t

// A matrix, or a batch of them.
struct OnednnMatrix {
    std::int64_t rows = 0, columns = 0;
    std::int64_t batch_stride = 0, row_stride = 0, column_stride = 0; // in elements
    OnednnType type = OnednnType::f32;

    friend auto operator<=>(const OnednnMatrix&, const OnednnMatrix&) = default;
};

struct OnednnProduct {
    std::int64_t batch = 1;
    OnednnMatrix a, b, d;
    int threads = 1;       // primitives are made for a number of threads
    bool packed_b = false; // B lies as oneDNN itself wants it for this product

    friend auto operator<=>(const OnednnProduct&, const OnednnProduct&) = default;
};

// Keeps the primitives that it made. Safe to use from several threads, which take turns.
class OnednnMatmul final {
  public:
    explicit OnednnMatmul(const Library& library);

    // D = A B. False, and D untouched, where oneDNN refuses.
    [[nodiscard]] bool run(const OnednnProduct& product, const void* a, const void* b, void* d);
    // Brings B into the form that `product`, with packed_b, wants. False, and `out` untouched,
    // where oneDNN refuses or `out_bytes` are too few.
    [[nodiscard]] bool pack(const OnednnProduct& product, const void* b, void* out,
                            std::size_t out_bytes);

  private:
    // oneDNN's handles, all opaque.
    using Handle = void*;
    struct Primitive {
        Handle primitive = nullptr; // null: refused
        std::array<Handle, 3> memories{};
        // With packed_b: from B as it is given.
        Handle plain_b = nullptr, reorder = nullptr;
        std::size_t packed_bytes = 0;
    };
    struct ExecArg {
        int arg = 0;
        Handle memory = nullptr;
    };

    [[nodiscard]] Primitive make(const OnednnProduct& product) const;
    [[nodiscard]] const Primitive& made_for(const OnednnProduct& product);
    [[nodiscard]] bool execute(Handle primitive, const ExecArg* args, int count) const;

    const Library library_;
    // Found once, so that a launch pays for no lookup.
    int (*const set_data_)(Handle memory, void* data);
    int (*const execute_)(Handle primitive, Handle stream, int count, const ExecArg* args);
    int (*const wait_)(Handle stream);
    Handle engine_ = nullptr; // null: the library cannot be used
    Handle stream_ = nullptr;
    std::mutex running_;
    std::map<OnednnProduct, Primitive> made_;
};

} // namespace hone::vendor
