// cuBLASLt, loaded at run time through prototypes of our own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace hone::cublaslt {

using Handle = void*; // of the library, a descriptor or a preference

enum class Type : int { f32 = 0, f64 = 1, f16 = 2, bf16 = 14 }; // cudaDataType
enum class Compute : int { f32 = 68, tf32 = 77 };               // cublasComputeType_t
enum class DescriptorAttribute : int { transpose_a = 3, transpose_b = 4 };
enum class LayoutAttribute : int { batch_count = 5, batch_stride = 6 }; // s32, s64
enum class PreferenceAttribute : int { workspace_bytes = 1 };

struct Algorithm {
    std::array<std::uint64_t, 8> opaque;
};
struct Heuristic { // cublasLtMatmulHeuristicResult_t
    Algorithm algorithm;
    std::size_t workspace_bytes;
    int state;
    float waves;
    int reserved[4];
};
static_assert(sizeof(Heuristic) == 96);

// X(member, symbol, parameters); all return a status, 0 for success.
#define HONE_CUBLASLT_FUNCTIONS(X)                                                                 \
    X(create, "cublasLtCreate", (Handle * library))                                                \
    X(describe, "cublasLtMatmulDescCreate", (Handle * descriptor, Compute compute, Type scale))    \
    X(describe_set, "cublasLtMatmulDescSetAttribute",                                              \
      (Handle descriptor, DescriptorAttribute which, const void* value, std::size_t bytes))        \
    X(layout, "cublasLtMatrixLayoutCreate",                                                        \
      (Handle * layout, Type type, std::uint64_t rows, std::uint64_t columns,                      \
       std::int64_t leading))                                                                      \
    X(layout_set, "cublasLtMatrixLayoutSetAttribute",                                              \
      (Handle layout, LayoutAttribute which, const void* value, std::size_t bytes))                \
    X(preference, "cublasLtMatmulPreferenceCreate", (Handle * preference))                         \
    X(preference_set, "cublasLtMatmulPreferenceSetAttribute",                                      \
      (Handle preference, PreferenceAttribute which, const void* value, std::size_t bytes))        \
    X(heuristics, "cublasLtMatmulAlgoGetHeuristic",                                                \
      (Handle library, Handle descriptor, Handle a, Handle b, Handle c, Handle d,                  \
       Handle preference, int wanted, Heuristic* results, int* found))                             \
    X(matmul, "cublasLtMatmul",                                                                    \
      (Handle library, Handle descriptor, const void* alpha, const void* a, Handle a_layout,       \
       const void* b, Handle b_layout, const void* beta, const void* c, Handle c_layout, void* d,  \
       Handle d_layout, const Algorithm* algorithm, void* workspace, std::size_t workspace_bytes,  \
       void* stream))

class Library final {
  public:
    // `path` empty: by its usual names.
    explicit Library(const std::string& path);

    [[nodiscard]] bool usable() const noexcept { return usable_; }
    // The file that was opened; empty when none was.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    // "13.1.0"; empty when it is not usable.
    [[nodiscard]] std::string version() const;

#define HONE_CUBLASLT_MEMBER(member, symbol, parameters) int(*member) parameters = nullptr;
    HONE_CUBLASLT_FUNCTIONS(HONE_CUBLASLT_MEMBER)
#undef HONE_CUBLASLT_MEMBER

  private:
    std::size_t (*get_version_)() = nullptr;
    std::string path_;
    bool usable_ = false;
};

} // namespace hone::cublaslt
