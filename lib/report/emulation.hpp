// The document of hone emu, schema hone.emu/1.
#pragma once

#include "hone/backend.hpp"
#include "lib/report/document.hpp"

namespace hone {

[[nodiscard]] Document emulation_document(const std::string& kernel, const RunReport& report);

} // namespace hone
