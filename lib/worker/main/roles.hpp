// What a worker does once it was greeted.
#pragma once

#include "hone/backend.hpp"
#include "lib/worker/channel.hpp"
#include "lib/worker/message.hpp"

namespace hone::worker {

// Each returns when the control channel closes.
void compile_role(Channel& control, const Backend& backend, const Hello& hello);
void device_role(Channel& control, const Backend& backend, const Hello& hello);

} // namespace hone::worker
