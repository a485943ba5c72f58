// Which opcode is decoded by what.
#pragma once

namespace hone::emu {

class Decoder;

// Fills in decoder.inst. Throws Error(workload) for an opcode that is not known.
void decode_instruction(Decoder& decoder);

} // namespace hone::emu
