// BLAKE2b-256 digests: identities of facts, programs, binaries, plans and device models.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hone {

struct Digest {
    std::array<std::uint8_t, 32> bytes{};

    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 of a < b for a pointer
    friend auto operator<=>(const Digest&, const Digest&) = default;
};

[[nodiscard]] Digest digest(std::span<const std::byte> data) noexcept;
[[nodiscard]] Digest digest(std::string_view text) noexcept;
// 64 lower-case hexadecimal digits, and back (nothing for any other text).
[[nodiscard]] std::string hex(const Digest& digest);
[[nodiscard]] std::optional<Digest> parse_digest(std::string_view text) noexcept;

} // namespace hone
