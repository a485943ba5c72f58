// rapidcheck inside Catch2: rc::prop("name", [](int x) { RC_ASSERT(...); }) in a TEST_CASE.
#pragma once

#include "tests/catch.hpp"

#include <rapidcheck.h>

#if __has_include(<catch2/catch_all.hpp>)

#include <sstream>
#include <string>
#include <utility>

// Some packaged versions of rapidcheck/catch.h know Catch2 2 only.
namespace rc {

template <typename Testable> void prop(const std::string& description, Testable&& testable) {
    SECTION(description) {
        const auto result = detail::checkTestable(std::forward<Testable>(testable));
        std::ostringstream message;
        detail::printResultMessage(result, message);
        INFO(message.str());
        CHECK(result.template is<detail::SuccessResult>());
    }
}

} // namespace rc

#else
#include <rapidcheck/catch.h>
#endif
