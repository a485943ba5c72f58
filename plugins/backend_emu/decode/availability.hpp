// Which architecture an instruction needs.
#pragma once

#include <string_view>

namespace hone::emu {

class Decoder;

// Fails, with the source line, when the module's .target lacks the instruction: ptxas would refuse
// it too. Target notes of the PTX ISA; only what sm_75 does not have is listed.
void require_available(const Decoder& decoder);

// Whether code for `target` ("sm_80", "sm_90a") runs on `arch` ("sm_89"): on newer ones too, unless
// it names the features of one architecture.
[[nodiscard]] bool runs_on(std::string_view target, std::string_view arch) noexcept;

} // namespace hone::emu
