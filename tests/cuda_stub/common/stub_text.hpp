// What a kernel does in the stub: lines of its source that begin with //stub.
//
//   //stub entry NAME a:ptr b:map m:i64 n:i32 alpha:f32 ...   parameters in order; what follows is
//                                                             of this entry
//   //stub compute gemm      d = op(a) op(b), f32; parameters a b d m n k lda ldb ldd ta tb
//   //stub compute copy      bytes from src to dst
//   //stub time US           virtual time of a launch
//   //stub noise PERCENT     its spread
//   //stub after N           launches of the module that are well-behaved
//   //stub behave WHAT       ok wrong nan oob illegal_access misaligned assert hang crash oom
//                            resources lost
//   //stub registers N | //stub spill BYTES | //stub shared BYTES    what ptxas says
//   //stub compile WHAT      fail crash hang oom spoiled
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace cuda_stub {

struct Parameter {
    std::string name, type; // ptr, map, i64, i32, f32
};
struct Entry {
    std::vector<Parameter> parameters;
    std::string compute = "none", behave = "ok";
    double time_us = 10, noise_percent = 0, watts = 100;
    std::int64_t after = 0;
    std::int64_t shared_bytes = 0;
};
struct StubText {
    std::map<std::string, Entry, std::less<>> entries;
    std::int64_t registers = 32, spill_bytes = 0;
    std::string compile = "ok";
};

inline constexpr std::string_view marker = "//stub ";

// All lines that begin with the marker, wherever they are in `text`.
[[nodiscard]] inline std::string lines_of(std::string_view text) {
    std::string lines;
    for (std::size_t at = 0; (at = text.find(marker, at)) != std::string_view::npos;) {
        const std::size_t end =
            std::min(text.find_first_of(std::string_view("\n\0\"\\", 4), at), text.size());
        lines.append(text.substr(at, end - at)).append("\n");
        at = end;
    }
    return lines;
}

[[nodiscard]] inline StubText parse(std::string_view text) {
    StubText stub;
    Entry* entry = nullptr;
    std::istringstream lines(lines_of(text));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line.substr(marker.size()));
        std::string key, value;
        words >> key;
        if (key == "entry") {
            words >> value;
            entry = &stub.entries[value];
            for (std::string parameter; words >> parameter;) {
                const std::size_t colon = parameter.find(':');
                entry->parameters.push_back(
                    {parameter.substr(0, colon), parameter.substr(colon + 1)});
            }
            continue;
        }
        words >> value;
        if (key == "compile") stub.compile = value;
        if (key == "registers") stub.registers = std::stoll(value);
        if (key == "spill") stub.spill_bytes = std::stoll(value);
        if (!entry) continue;
        if (key == "compute") entry->compute = value;
        if (key == "behave") entry->behave = value;
        if (key == "time") entry->time_us = std::stod(value);
        if (key == "watts") entry->watts = std::stod(value);
        if (key == "noise") entry->noise_percent = std::stod(value);
        if (key == "after") entry->after = std::stoll(value);
        if (key == "shared") entry->shared_bytes = std::stoll(value);
    }
    return stub;
}

// "Machine code" of the stub: this, the length of the rest in digits, a line end, the lines.
inline constexpr std::string_view code_magic = "STUBCUBIN ";

} // namespace cuda_stub
