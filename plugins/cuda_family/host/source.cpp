#include "cuda_family/host/source.hpp"

namespace hone::cuda_family {

std::string joined(std::initializer_list<std::pair<std::string_view, std::string_view>> files) {
    std::string text;
    for (const auto& [name, body] : files) {
        text += "#line 1 \"";
        text += name;
        text += "\"\n";
        text += body;
    }
    return text;
}

Macros& Macros::define(std::string_view name, std::string_view value) {
    std::string option = "-D";
    option += name;
    option += '=';
    option += value;
    options_.push_back(std::move(option));
    return *this;
}

Macros& Macros::number(std::string_view name, std::int64_t value) {
    return define(name, std::to_string(value));
}

Macros& Macros::type(std::string_view name, DType dtype) { return define(name, to_string(dtype)); }

} // namespace hone::cuda_family
