// Where checks of shared memory are attached.
#include "exec/access.hpp"
#include "exec/cta.hpp"

namespace hone::emu {

void Warp::synchronise(const Inst&, LaneMask) {} // lanes have met: nothing else is to be done

void Cta::check_shared(Warp&, const Inst&, const Access&, AccessKind,
                       const std::array<const std::byte*, lanes>*) {}

} // namespace hone::emu
