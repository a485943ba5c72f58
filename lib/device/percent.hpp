// Percent-encoding (RFC 3986, section 2.1) of values inside one-line texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hone {

// Keeps letters, digits and "-._~/:+@()"; every other byte becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);
// Nothing when an escape is malformed.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

} // namespace hone
