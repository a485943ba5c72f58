// What is thrown for bytes that are no message.
#pragma once

#include <stdexcept>

namespace hone {

// What is read may come from a process that ran hostile code: no size in it is believed before it
// was compared with what is there.
class Malformed final : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

} // namespace hone
