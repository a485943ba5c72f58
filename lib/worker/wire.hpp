// The bytes of messages: values are written one after the other and read back in the same order.
// Both ends are the same build on the same machine, so numbers stand in native form.
//
// A type takes part by a function found beside it, used for both directions:
//     template <typename Wire, WireType<Extent::Term> T> void fields(Wire& wire, T& term) {
//         wire(term.dim, term.divisor);
//     }
// and an enumeration by `constexpr int wire_values(Outcome)`, the count of its values from 0.
#pragma once

#include "lib/worker/malformed.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace hone {

template <typename T, typename Of>
concept WireType = std::same_as<std::remove_const_t<T>, Of>;

template <typename T>
concept WireNumber = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

template <typename T>
concept WireEnum = std::is_enum_v<T>;

class WireWriter final {
  public:
    template <typename... Ts> void operator()(const Ts&... values) { (put(values), ...); }
    [[nodiscard]] std::vector<std::byte> take() noexcept { return std::move(bytes_); }

  private:
    void raw(const void* data, std::size_t size) {
        const auto* begin = static_cast<const std::byte*>(data);
        bytes_.insert(bytes_.end(), begin, begin + size);
    }
    void count(std::size_t n) { put(static_cast<std::uint64_t>(n)); }

    template <WireNumber T> void put(T value) { raw(&value, sizeof value); }
    template <WireEnum T> void put(T value) { put(static_cast<std::uint8_t>(value)); }
    void put(bool value) { put(static_cast<std::uint8_t>(value)); }
    void put(const std::string& text) {
        count(text.size());
        raw(text.data(), text.size());
    }
    void put(const std::vector<std::byte>& bytes) {
        count(bytes.size());
        raw(bytes.data(), bytes.size());
    }
    template <typename T> void put(const std::vector<T>& items) {
        count(items.size());
        for (const T& item : items) put(item);
    }
    template <typename T, std::size_t n> void put(const std::array<T, n>& items) {
        for (const T& item : items) put(item);
    }
    template <typename... Ts> void put(const std::variant<Ts...>& value) {
        put(static_cast<std::uint8_t>(value.index()));
        std::visit([this](const auto& alternative) { this->put(alternative); }, value);
    }
    template <typename T>
    requires std::is_class_v<T>
    void put(const T& object) { fields(*this, object); }

    std::vector<std::byte> bytes_;
};

class WireReader final {
  public:
    explicit WireReader(std::span<const std::byte> bytes) : left_(bytes) {}

    template <typename... Ts> void operator()(Ts&... values) { (get(values), ...); }
    // Throws Malformed when bytes are left over.
    void end() const {
        if (!left_.empty()) throw Malformed("a message is longer than its contents");
    }

  private:
    void raw(void* data, std::size_t size) {
        if (size > left_.size()) throw Malformed("a message ends early");
        if (size != 0) std::memcpy(data, left_.data(), size);
        left_ = left_.subspan(size);
    }
    // Every item takes at least one byte, so a count above what is left is a lie.
    std::size_t count() {
        std::uint64_t n = 0;
        get(n);
        if (n > left_.size()) throw Malformed("a message counts more items than it holds");
        return static_cast<std::size_t>(n);
    }

    template <WireNumber T> void get(T& value) { raw(&value, sizeof value); }
    template <WireEnum T> void get(T& value) {
        std::uint8_t number = 0;
        get(number);
        if (number >= wire_values(T{})) throw Malformed("a message names an unknown value");
        value = static_cast<T>(number);
    }
    void get(bool& value) {
        std::uint8_t number = 0;
        get(number);
        if (number > 1) throw Malformed("a message holds a flag that is neither set nor clear");
        value = number == 1;
    }
    void get(std::string& text) {
        const std::size_t n = count();
        text.resize(n);
        raw(text.data(), n);
    }
    void get(std::vector<std::byte>& bytes) {
        const std::size_t n = count();
        bytes.resize(n);
        raw(bytes.data(), n);
    }
    template <typename T> void get(std::vector<T>& items) {
        const std::size_t n = count();
        items.clear();
        for (std::size_t i = 0; i < n; ++i) get(items.emplace_back());
    }
    template <typename T, std::size_t n> void get(std::array<T, n>& items) {
        for (T& item : items) get(item);
    }
    template <typename... Ts> void get(std::variant<Ts...>& value) {
        std::uint8_t index = 0;
        get(index);
        if (index >= sizeof...(Ts)) throw Malformed("a message names an unknown alternative");
        choose(value, index, std::index_sequence_for<Ts...>{});
    }
    template <typename Variant, std::size_t... is>
    void choose(Variant& value, std::size_t index, std::index_sequence<is...>) {
        ((index == is ? get(value.template emplace<is>()) : void()), ...);
    }
    template <typename T>
    requires std::is_class_v<T>
    void get(T& object) { fields(*this, object); }

    std::span<const std::byte> left_;
};

} // namespace hone
