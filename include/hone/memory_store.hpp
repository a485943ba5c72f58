// A store that lives as long as its object, for tests, embedding, and stores that keep their
// records in files of their own.
#pragma once

#include "hone/store.hpp"

#include <memory>

namespace hone {

// "memory:". Nothing is durable, though writable() is true.
[[nodiscard]] std::unique_ptr<Store> make_memory_store();

} // namespace hone
