// What plugin code threw, as text. Plugins are free to throw anything.
#pragma once

#include <boost/core/demangle.hpp>
#include <cxxabi.h>

#include <exception>
#include <string>
#include <typeinfo>

namespace hone::plugin {

// Of the exception being handled; only inside a catch block.
[[nodiscard]] inline std::string thrown_text() {
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        const std::type_info* type = abi::__cxa_current_exception_type();
        return type ? "a value of type " + boost::core::demangle(type->name())
                    : "a foreign exception";
    }
}

} // namespace hone::plugin
