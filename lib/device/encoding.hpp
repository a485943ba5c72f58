// An unambiguous byte encoding to take digests of: integers in 8 bytes, little-endian; texts, bytes
// and lists behind their length. Two different sequences of calls never give the same bytes.
#pragma once

#include "hone/digest.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hone {

class Encoding {
  public:
    // `format` names what is encoded and its version.
    explicit Encoding(std::string_view format) { text(format); }

    Encoding& integer(std::int64_t value) {
        const auto bits = static_cast<std::uint64_t>(value);
        for (int shift = 0; shift < 64; shift += 8)
            bytes_ += static_cast<char>(bits >> shift & 0xff);
        return *this;
    }
    Encoding& text(std::string_view value) {
        integer(static_cast<std::int64_t>(value.size()));
        bytes_ += value;
        return *this;
    }
    Encoding& bytes(std::span<const std::byte> value) {
        return text({reinterpret_cast<const char*>(value.data()), value.size()});
    }
    // Of a fixed number, so that no length is needed.
    template <typename Array> Encoding& integers(const Array& values) {
        for (const auto value : values) integer(value);
        return *this;
    }
    template <typename List, typename Encode>
    Encoding& list(const List& values, const Encode& encode) {
        integer(static_cast<std::int64_t>(values.size()));
        for (const auto& value : values) encode(value);
        return *this;
    }

    [[nodiscard]] Digest digest() const { return hone::digest(bytes_); }

  private:
    std::string bytes_;
};

} // namespace hone
