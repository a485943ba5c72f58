// The document of `hone compile`.
#pragma once

#include "hone/compile.hpp"
#include "lib/report/document.hpp"

#include <span>

namespace hone {

// {"schema":"hone.compile/1","results":[...],"failed":N,"pruned":N}
[[nodiscard]] Document compile_document(std::span<const CompiledCandidate> results);

} // namespace hone
