#include "nvrtc.hpp"

#include <array>
#include <cstddef>
#include <dlfcn.h>
#include <filesystem>

namespace hone::emu {
namespace {

using Result = int;
using Program = void*;

std::vector<std::string> usual_places() {
    std::vector<std::string> places;
    for (const char* name : {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"})
        places.emplace_back(name);
    for (const char* folder : {"/usr/local/cuda/lib64", "/usr/local/cuda/lib", "/opt/cuda/lib64"})
        places.push_back(std::string(folder) + "/libnvrtc.so");
    return places;
}

} // namespace

struct Nvrtc::Api {
    void* library = nullptr; // never closed: it keeps threads and exit handlers
    Result (*version)(int*, int*) = nullptr;
    const char* (*error_string)(Result) = nullptr;
    Result (*create)(Program*, const char*, const char*, int, const char* const*,
                     const char* const*) = nullptr;
    Result (*destroy)(Program*) = nullptr;
    Result (*compile)(Program, int, const char* const*) = nullptr;
    Result (*log_size)(Program, std::size_t*) = nullptr;
    Result (*log)(Program, char*) = nullptr;
    Result (*ptx_size)(Program, std::size_t*) = nullptr;
    Result (*ptx)(Program, char*) = nullptr;

    // Name of a symbol that is missing; empty when all are there.
    std::string load() {
        std::string missing;
        const auto find = [&](auto& function, const char* name) {
            function =
                reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
            if (!function && missing.empty()) missing = name;
        };
        find(version, "nvrtcVersion");
        find(error_string, "nvrtcGetErrorString");
        find(create, "nvrtcCreateProgram");
        find(destroy, "nvrtcDestroyProgram");
        find(compile, "nvrtcCompileProgram");
        find(log_size, "nvrtcGetProgramLogSize");
        find(log, "nvrtcGetProgramLog");
        find(ptx_size, "nvrtcGetPTXSize");
        find(ptx, "nvrtcGetPTX");
        return missing;
    }
};

Nvrtc::Nvrtc(const std::string& path) {
    auto api = std::make_unique<Api>();
    for (const std::string& place : path.empty() ? usual_places() : std::vector{path})
        if ((api->library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL))) break;
    if (!api->library) {
        const char* why = dlerror();
        error_ = "NVRTC cannot be opened: " + std::string(why ? why : "not found");
        return;
    }
    if (const std::string missing = api->load(); !missing.empty())
        error_ = "NVRTC lacks the symbol " + missing;
    else
        api_ = std::move(api);
}

Nvrtc::~Nvrtc() = default;

bool Nvrtc::available() const noexcept { return api_ != nullptr; }

std::string Nvrtc::version() const {
    int major = 0, minor = 0;
    if (!api_ || api_->version(&major, &minor) != 0) return "none";
    return std::to_string(major) + "." + std::to_string(minor);
}

Nvrtc::Compiled Nvrtc::compile(const std::string& source, const std::string& name,
                               const std::vector<std::string>& options) const {
    Compiled compiled;
    if (!api_) {
        compiled.log = error_;
        return compiled;
    }
    Program program = nullptr;
    if (const Result result =
            api_->create(&program, source.c_str(), name.c_str(), 0, nullptr, nullptr)) {
        compiled.log = api_->error_string(result);
        return compiled;
    }
    std::vector<const char*> arguments;
    for (const std::string& option : options) arguments.push_back(option.c_str());
    const Result result =
        api_->compile(program, static_cast<int>(arguments.size()), arguments.data());
    const auto fetch = [&](auto size_of, auto get, std::string& text) {
        std::size_t size = 0;
        if (size_of(program, &size) != 0 || size == 0) return;
        text.resize(size);
        if (get(program, text.data()) != 0) text.clear();
        while (!text.empty() && text.back() == '\0') text.pop_back();
    };
    fetch(api_->log_size, api_->log, compiled.log);
    if (result == 0) {
        fetch(api_->ptx_size, api_->ptx, compiled.ptx);
        compiled.ok = !compiled.ptx.empty();
    } else if (compiled.log.empty()) {
        compiled.log = api_->error_string(result);
    }
    api_->destroy(&program);
    return compiled;
}

} // namespace hone::emu
