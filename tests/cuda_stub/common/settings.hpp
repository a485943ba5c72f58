// What card the stub is: words of HONE_CUDA_STUB, "key=value" with spaces between.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

namespace cuda_stub {

class Settings final {
  public:
    [[nodiscard]] static Settings from_env() {
        Settings settings;
        const char* text = std::getenv("HONE_CUDA_STUB");
        std::istringstream words(text ? text : "");
        for (std::string word; words >> word;) {
            const std::size_t equals = word.find('=');
            settings.values_[word.substr(0, equals)] =
                equals == std::string::npos ? "1" : word.substr(equals + 1);
        }
        return settings;
    }
    [[nodiscard]] std::int64_t number(const std::string& key, std::int64_t otherwise) const {
        const auto found = values_.find(key);
        return found == values_.end() ? otherwise : std::stoll(found->second, nullptr, 0);
    }
    // '_' stands for a space.
    [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise) const {
        const auto found = values_.find(key);
        if (found == values_.end()) return otherwise;
        std::string value = found->second;
        for (char& c : value)
            if (c == '_') c = ' ';
        return value;
    }

  private:
    std::map<std::string, std::string> values_;
};

} // namespace cuda_stub
