#include "ops/memory_modifiers.hpp"

namespace hone::emu {

ptx::Space take_memory_modifiers(Decoder& in) {
    if (in.take("volatile") || in.take("relaxed") || in.take("mmio"))
        in.inst.flags |= inst_flag::strong;
    if (in.take("acquire")) in.inst.flags |= inst_flag::strong | inst_flag::acquire;
    if (in.take("release")) in.inst.flags |= inst_flag::strong | inst_flag::release;
    if (in.take("acq_rel"))
        in.inst.flags |= inst_flag::strong | inst_flag::acquire | inst_flag::release;
    (void)in.take("weak");
    (void)in.take_any({"cta", "cluster", "gpu", "sys"});
    (void)in.take("nc"); // read-only data cache
    in.ignore_cache_hints();
    (void)in.take("L2::cache_hint");
    (void)in.take("unified");
    switch (in.take_any({"global", "shared", "shared::cta", "local", "const", "param",
                         "param::entry", "param::func"})) {
    case 0:
        return ptx::Space::global;
    case 1:
    case 2:
        return ptx::Space::shared;
    case 3:
        return ptx::Space::local;
    case 4:
        return ptx::Space::constant;
    case 5:
    case 6:
    case 7:
        return ptx::Space::param;
    default:
        return ptx::Space::generic;
    }
}

} // namespace hone::emu
