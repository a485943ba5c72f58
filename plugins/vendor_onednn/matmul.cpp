#include "matmul.hpp"

#include <cstddef>

namespace hone::vendor {
namespace {

using Handle = void*;
using Dims = std::array<std::int64_t, 12>;

// Prototypes and constants as dnnl.h and dnnl_types.h declare them. All return 0 for success.
using EngineCreate = int(Handle* engine, int kind, std::size_t index);
using StreamCreate = int(Handle* stream, Handle engine, unsigned flags);
using MemoryCreate = int(Handle* memory, const void* description, Handle engine, void* data);
using PrimitiveCreate = int(Handle* primitive, Handle description);
using PrimitiveDestroy = int(Handle description);

using QueryMemory = const void*(Handle primitive_description, int what, int index);
using MemorySize = std::size_t(const void* description);
using DescribeReorder = int(Handle* description, const void* from, Handle from_engine,
                            const void* to, Handle to_engine, const void* attributes);

// Version 3: descriptions are handles.
using DescribeMemory3 = int(Handle* description, int rank, const std::int64_t* dims, int type,
                            const std::int64_t* strides);
using DescribeAnyMemory3 = int(Handle* description, int rank, const std::int64_t* dims, int type,
                               int format);
using DescribeMatmul3 = int(Handle* description, Handle engine, const void* a, const void* b,
                            const void* bias, const void* d, const void* attributes);
// Version 2: descriptions are structs of the caller's, of 696 and 2800 bytes.
using DescribeMemory2 = int(void* description, int rank, const std::int64_t* dims, int type,
                            const std::int64_t* strides);
using DescribeAnyMemory2 = int(void* description, int rank, const std::int64_t* dims, int type,
                               int format);
using DescribeMatmul2 = int(void* operation, const void* a, const void* b, const void* bias,
                            const void* d);
using DescribePrimitive2 = int(Handle* description, const void* operation, const void* attributes,
                               Handle engine, const void* hint);
struct alignas(std::max_align_t) Struct2 {
    std::array<std::byte, 8192> bytes{};
};

constexpr int cpu = 1;
constexpr unsigned in_order = 1;
constexpr int any_format = 1, weights_memory = 131; // dnnl_format_tag_t, dnnl_query_t
constexpr std::array operand_numbers{1, 33, 17};    // source, weights, destination

struct Shape {
    int rank;
    Dims dims{}, strides{};

    Shape(const OnednnMatrix& matrix, std::int64_t batch) : rank(batch > 1 ? 3 : 2) {
        int axis = 0;
        const auto add = [&](std::int64_t extent, std::int64_t stride) {
            dims[static_cast<std::size_t>(axis)] = extent;
            strides[static_cast<std::size_t>(axis++)] = stride;
        };
        if (batch > 1) add(batch, matrix.batch_stride);
        add(matrix.rows, matrix.row_stride);
        add(matrix.columns, matrix.column_stride);
    }
};

// Of A, B and D, as MemoryCreate takes them, and of their product.
struct Description {
    std::array<Struct2, 3> structs;
    std::array<const void*, 3> memories{};
    Handle primitive = nullptr;
};

// Null where oneDNN refuses. `any`: in whatever format it likes best.
const void* describe(const Library& library, const OnednnMatrix& matrix, std::int64_t batch,
                     bool any, Struct2& storage) {
    const Shape shape(matrix, batch);
    const int type = static_cast<int>(matrix.type);
    const auto dims = shape.dims.data(), strides = shape.strides.data();
    Handle made = nullptr;
    const auto any3 = library.function<DescribeAnyMemory3>("dnnl_memory_desc_create_with_tag");
    const auto memory3 = library.function<DescribeMemory3>("dnnl_memory_desc_create_with_strides");
    if (any3 && any) return any3(&made, shape.rank, dims, type, any_format) ? nullptr : made;
    if (memory3 && !any) return memory3(&made, shape.rank, dims, type, strides) ? nullptr : made;
    const auto any2 = library.function<DescribeAnyMemory2>("dnnl_memory_desc_init_by_tag");
    const auto memory2 = library.function<DescribeMemory2>("dnnl_memory_desc_init_by_strides");
    if (any2 && any) return any2(&storage, shape.rank, dims, type, any_format) ? nullptr : &storage;
    if (memory2 && !any)
        return memory2(&storage, shape.rank, dims, type, strides) ? nullptr : &storage;
    return nullptr;
}

bool describe(const Library& library, Handle engine, const OnednnProduct& product,
              Description& into) {
    const std::array matrices{&product.a, &product.b, &product.d};
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        into.memories[i] = describe(library, *matrices[i], product.batch,
                                    i == 1 && product.packed_b, into.structs[i]);
        if (!into.memories[i]) return false;
    }
    const auto& [a, b, d] = into.memories;
    if (const auto matmul3 = library.function<DescribeMatmul3>("dnnl_matmul_primitive_desc_create"))
        return matmul3(&into.primitive, engine, a, b, nullptr, d, nullptr) == 0;
    const auto matmul2 = library.function<DescribeMatmul2>("dnnl_matmul_desc_init");
    const auto primitive2 = library.function<DescribePrimitive2>("dnnl_primitive_desc_create");
    Struct2 operation;
    return matmul2 && primitive2 && matmul2(&operation, a, b, nullptr, d) == 0 &&
           primitive2(&into.primitive, &operation, nullptr, engine, nullptr) == 0;
}

} // namespace

OnednnMatmul::OnednnMatmul(const Library& library)
    : library_(library),
      set_data_(library.function<int(Handle, void*)>("dnnl_memory_set_data_handle")),
      execute_(
          library.function<int(Handle, Handle, int, const ExecArg*)>("dnnl_primitive_execute")),
      wait_(library.function<int(Handle)>("dnnl_stream_wait")) {
    if (!set_data_ || !execute_ || !wait_) return;
    const auto engine = library_.function<EngineCreate>("dnnl_engine_create");
    const auto stream = library_.function<StreamCreate>("dnnl_stream_create");
    if (!engine || !stream || engine(&engine_, cpu, 0) != 0) return;
    if (stream(&stream_, engine_, in_order) != 0) engine_ = nullptr;
}

OnednnMatmul::Primitive OnednnMatmul::make(const OnednnProduct& product) const {
    const auto create = library_.function<PrimitiveCreate>("dnnl_primitive_create");
    const auto destroy = library_.function<PrimitiveDestroy>("dnnl_primitive_desc_destroy");
    const auto memory = library_.function<MemoryCreate>("dnnl_memory_create");
    if (!engine_ || !create || !destroy || !memory) return {};
    Description description;
    if (!describe(library_, engine_, product, description)) return {};
    Primitive made;
    if (product.packed_b) {
        const auto query = library_.function<QueryMemory>("dnnl_primitive_desc_query_md");
        const auto size = library_.function<MemorySize>("dnnl_memory_desc_get_size");
        const auto reorder =
            library_.function<DescribeReorder>("dnnl_reorder_primitive_desc_create");
        Struct2 storage;
        const void* plain = describe(library_, product.b, product.batch, false, storage);
        if (!query || !size || !reorder || !plain) return {};
        const void* packed = query(description.primitive, weights_memory, 0);
        description.memories[1] = packed;
        made.packed_bytes = size(packed);
        Handle from_plain = nullptr;
        if (reorder(&from_plain, plain, engine_, packed, engine_, nullptr) != 0 ||
            create(&made.reorder, from_plain) != 0 ||
            memory(&made.plain_b, plain, engine_, nullptr) != 0)
            return {};
        destroy(from_plain);
    }
    for (std::size_t i = 0; i < made.memories.size(); ++i)
        if (memory(&made.memories[i], description.memories[i], engine_, nullptr) != 0) return {};
    if (create(&made.primitive, description.primitive) != 0) made.primitive = nullptr;
    destroy(description.primitive);
    return made;
}

const OnednnMatmul::Primitive& OnednnMatmul::made_for(const OnednnProduct& product) {
    auto found = made_.find(product);
    if (found == made_.end()) found = made_.emplace(product, make(product)).first;
    return found->second;
}

bool OnednnMatmul::execute(Handle primitive, const ExecArg* args, int count) const {
    return execute_(primitive, stream_, count, args) == 0 && wait_(stream_) == 0;
}

bool OnednnMatmul::run(const OnednnProduct& product, const void* a, const void* b, void* d) {
    const std::lock_guard lock(running_);
    const Primitive& made = made_for(product);
    if (!made.primitive) return false;
    const std::array data{const_cast<void*>(a), const_cast<void*>(b), d};
    std::array<ExecArg, 3> args{};
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (set_data_(made.memories[i], data[i]) != 0) return false;
        args[i] = {operand_numbers[i], made.memories[i]};
    }
    return execute(made.primitive, args.data(), static_cast<int>(args.size()));
}

bool OnednnMatmul::pack(const OnednnProduct& product, const void* b, void* out,
                        std::size_t out_bytes) {
    const std::lock_guard lock(running_);
    const Primitive& made = made_for(product);
    if (!made.reorder || made.packed_bytes > out_bytes) return false;
    if (set_data_(made.plain_b, const_cast<void*>(b)) != 0 || set_data_(made.memories[1], out) != 0)
        return false;
    const std::array args{ExecArg{operand_numbers[0], made.plain_b},
                          ExecArg{operand_numbers[2], made.memories[1]}};
    return execute(made.reorder, args.data(), static_cast<int>(args.size()));
}

} // namespace hone::vendor
