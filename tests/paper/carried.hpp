// What must hold of every paper problem's program, so that a backend can run it and a cache keep
// it.
#pragma once

#include "hone/family.hpp"
#include "hone/operation.hpp"

namespace paper {

// Emits the config and checks the program against the operation's arguments: every operand that is
// present reaches a step, none that is absent does, every index points at something, workspace
// parts lie inside the workspace, and the digest is stable and follows changes. Returns the
// program.
hone::Program check_carried(const hone::Operation& operation, const hone::KernelFamily& family,
                            const hone::Problem& problem, const hone::Config& config,
                            const hone::DeviceModel& device);

} // namespace paper
