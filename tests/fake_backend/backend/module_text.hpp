// The language of the fake device: a module's source is lines that say how its kernels behave.
//
//   kernel NAME              what follows is of this kernel; lines before the first are of all.
//                            A module without such a line has every kernel it is asked for.
//   params a b d m n k ...   names of the parameters, in the order of Step::args
//   compute none             the default
//   compute gemm             d = alpha op(a) op(b) in f32, sequentially; parameters a b d
//   (pointers,
//                            a and b also tensor maps) m n k lda ldb ldd, and where wanted trans_a
//                            trans_b alpha. Block (x, y) computes tile (y, x) of d.
//   compute copy             bytes from src to dst; parameters src dst bytes
//   tile ROWS COLUMNS        of d, per block
//   time MICROSECONDS        what measuring reports per launch of the kernel
//   noise PERCENT [SEED]     spread of those times, the same for the same seed
//   behave ok
//   behave wrong             one element of d is far off
//   behave nan               one element of d is not a number
//   behave oob               writes behind the end of d's memory
//   behave illegal_access    the context is unusable from then on
//   behave assert            likewise, as a device-side assertion
//   behave crash             the process dies of a signal
//   behave hang              never ends
//   behave oom               fails for want of memory, and leaves the context usable
//   behave slow MICROSECONDS really takes that long, and measuring reports it on top of `time`
//   behave spill BYTES       what the compiler reports
//   after LAUNCHES           that many launches of a loaded program are ok before it behaves
//   behave compile_fail TEXT
//   behave compile_crash
//   behave compile_hang
//   behave compile_oom       takes address space until it gets no more, or 1 TiB
//   # ...                    a comment
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fake {

enum class Behaviour : std::uint8_t {
    ok,
    wrong,
    nan,
    oob,
    illegal_access,
    assertion,
    crash,
    hang,
    oom,
};

enum class Compute : std::uint8_t { none, gemm, copy };

struct KernelText {
    std::vector<std::string> params;
    Compute compute = Compute::none;
    std::int64_t tile_rows = 0, tile_columns = 0; // 0: all of it
    std::int64_t time_us = 10, slow_us = 0;
    double noise_percent = 0;
    std::uint64_t noise_seed = 0;
    Behaviour behaviour = Behaviour::ok;
    std::int64_t after = 0; // launches that are ok

    // Position of a parameter, -1 when there is none.
    [[nodiscard]] int parameter(std::string_view name) const noexcept;
};

enum class CompileBehaviour : std::uint8_t { ok, fail, crash, hang, oom };

struct ModuleText {
    CompileBehaviour compiling = CompileBehaviour::ok;
    std::string compile_log;
    std::int64_t spill_bytes = 0;
    KernelText every; // of a module without named kernels
    std::map<std::string, KernelText, std::less<>> kernels;

    // Null when the module has named kernels and this is none of them.
    [[nodiscard]] const KernelText* kernel(std::string_view name) const noexcept;
};

// `error` is "LINE: what was expected", empty when the text is in order.
struct Parsed {
    ModuleText module;
    std::string error;
};
[[nodiscard]] Parsed parse(std::string_view text);

} // namespace fake
