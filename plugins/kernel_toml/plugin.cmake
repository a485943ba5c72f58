hone_plugin_link(tomlplusplus::tomlplusplus PkgConfig::muparser nlohmann_json::nlohmann_json fmt::fmt)
