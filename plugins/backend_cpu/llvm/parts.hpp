// What the backend asks of its two LLVM parts. They are libraries of their own, opened when first
// needed: loading LLVM takes about 15 ms and Clang 7 ms more, and devices, keys and vendor
// libraries need neither. Built together with the backend, so C++ types may cross.
#pragma once

#include "hone/backend.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hone::cpu {

// --- Clang: text to object --------------------------------------------------------------------
struct Translation {
    const std::string& name; // shown in diagnostics; .c or .cpp
    const std::string& text;
    const std::vector<std::string>& arguments; // of cc1
};
// Safe to call from several threads.
using CompileFunction = CompileResult (*)(const Translation&);
inline constexpr const char* compile_symbol = "hone_cpu_compile";

// --- ORC: object to code ----------------------------------------------------------------------
// The code of one module. Destroying it frees the code.
class LoadedObject {
  public:
    virtual ~LoadedObject() = default;
    // Null when there is no such symbol.
    [[nodiscard]] virtual void* symbol(const std::string& name) = 0;
};

// One thread at a time. Outlives what it loaded.
class ObjectLoader {
  public:
    virtual ~ObjectLoader() = default;
    // Null, with the reason in `error`, when the bytes are no object of this machine.
    [[nodiscard]] virtual std::unique_ptr<LoadedObject> load(std::span<const std::byte> object,
                                                             std::string& error) = 0;
};
// Null, with the reason in `error`, when LLVM knows no way to run code here.
using MakeLoaderFunction = std::unique_ptr<ObjectLoader> (*)(std::string& error);
inline constexpr const char* make_loader_symbol = "hone_cpu_make_loader";

} // namespace hone::cpu
