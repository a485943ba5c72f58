// Where things are in this checkout and its build folder. Absolute. Functions rather than macros,
// so that a compiler cache serves the tests of several checkouts.
#pragma once

namespace hone::test {

[[nodiscard]] const char* source_dir() noexcept;
[[nodiscard]] const char* binary_dir() noexcept;
[[nodiscard]] const char* plugin_dir() noexcept;
[[nodiscard]] const char* fake_plugin_dir() noexcept;
[[nodiscard]] const char* tool() noexcept; // the hone executable

} // namespace hone::test
