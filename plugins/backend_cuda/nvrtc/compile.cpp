#include "nvrtc/compile.hpp"

#include "hone/digest.hpp"
#include "nvrtc/device_headers.hpp"
#include "nvrtc/ptxas_log.hpp"

#include <algorithm>
#include <cctype>

namespace hone::cuda {
namespace {

constexpr std::size_t log_kept_bytes = 16 << 10;

// Destroys the program at the end of its scope.
class Program final {
  public:
    Program(const Nvrtc& nvrtc, const Module& module) : nvrtc_(nvrtc) {
        std::vector<const char*> texts, names;
        for (const DeviceHeader& header : device_headers()) {
            texts.push_back(header.text);
            names.push_back(header.name);
        }
        created_ = nvrtc_.create(&program_, module.source.c_str(), module.name.c_str(),
                                 static_cast<int>(texts.size()), texts.data(), names.data());
    }
    ~Program() {
        if (program_) (void)nvrtc_.destroy(&program_);
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    [[nodiscard]] nvrtc::Result created() const noexcept { return created_; }
    [[nodiscard]] nvrtc::Result compile(const std::vector<std::string>& options) const {
        std::vector<const char*> texts;
        texts.reserve(options.size());
        for (const std::string& option : options) texts.push_back(option.c_str());
        return nvrtc_.compile(program_, static_cast<int>(texts.size()), texts.data());
    }
    [[nodiscard]] std::string log() const { return text(nvrtc_.log_size, nvrtc_.log); }
    [[nodiscard]] std::string ptx() const { return text(nvrtc_.ptx_size, nvrtc_.ptx); }
    [[nodiscard]] std::vector<std::byte> cubin() const {
        std::size_t size = 0;
        if (nvrtc_.cubin_size(program_, &size) != nvrtc::Result::success) return {};
        std::vector<std::byte> bytes(size);
        (void)nvrtc_.cubin(program_, reinterpret_cast<char*>(bytes.data()));
        return bytes;
    }

  private:
    // NVRTC's sizes count the zero at the end.
    template <typename Size, typename Get> std::string text(Size size_of, Get get) const {
        std::size_t size = 0;
        if (size_of(program_, &size) != nvrtc::Result::success || size == 0) return {};
        std::string text(size, '\0');
        if (get(program_, text.data()) != nvrtc::Result::success) return {};
        while (!text.empty() && text.back() == '\0') text.pop_back();
        return text;
    }

    const Nvrtc& nvrtc_;
    nvrtc::Program program_ = nullptr;
    nvrtc::Result created_ = nvrtc::Result::success;
};

bool is_virtual(std::string_view target) { return target.starts_with("compute_"); }

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

// The end says what went wrong; the beginning says where first.
std::string kept(std::string log) {
    while (!log.empty() && std::isspace(static_cast<unsigned char>(log.back()))) log.pop_back();
    if (log.size() > log_kept_bytes) log.resize(log_kept_bytes);
    return log;
}

} // namespace

std::vector<std::string> compile_options(const Nvrtc& nvrtc, std::string_view target) {
    std::vector<std::string> options = {
        "--gpu-architecture=" + std::string(target), "--std=c++17",
        "--generate-line-info", // for profilers and the emulator's reports
    };
    // Registers and spills are in the log then.
    if (!is_virtual(target)) options.emplace_back("--ptxas-options=-v");
    if (const std::string& include = nvrtc.toolkit_include(); !include.empty()) {
        options.push_back("--include-path=" + include);
        // cuda/std, which cooperative_groups.h needs; in older toolkits it lies beside the rest.
        options.push_back("--include-path=" + include + "/cccl");
    }
    return options;
}

std::string compile_key(const Nvrtc& nvrtc, std::string_view target) {
    std::string key = nvrtc.identity();
    for (const std::string& option : compile_options(nvrtc, target)) {
        // Where a toolkit is installed changes nothing in what it compiles.
        if (!option.starts_with("--include-path=")) key += ' ' + option;
    }
    std::string headers;
    for (const DeviceHeader& header : device_headers()) headers += header.text;
    return key + " headers " + hex(digest(headers));
}

CompileResult compile(const Nvrtc& nvrtc, const Module& module, std::string_view target,
                      std::string* ptx) {
    const Program program(nvrtc, module);
    if (program.created() == nvrtc::Result::out_of_memory)
        return {Outcome::out_of_memory, {}, "NVRTC ran out of memory"};
    if (program.created() != nvrtc::Result::success)
        return {Outcome::compile_failed, {}, nvrtc.error_text(program.created())};

    std::vector<std::string> options = compile_options(nvrtc, target);
    options.insert(options.end(), module.options.begin(), module.options.end());
    const nvrtc::Result result = program.compile(options);
    std::string log = program.log();
    if (result == nvrtc::Result::out_of_memory)
        return {Outcome::out_of_memory, {}, "NVRTC ran out of memory"};
    if (result != nvrtc::Result::success) {
        if (log.empty()) log = nvrtc.error_text(result);
        return {Outcome::compile_failed, {}, kept(std::move(log))};
    }
    if (const std::string line = spoiled_by_ptxas(log); !line.empty())
        return {Outcome::compile_failed, {}, "ptxas spoiled the kernel: " + line};

    CompileResult compiled;
    if (is_virtual(target)) {
        compiled.binary = {"ptx", bytes_of(program.ptx()), {}};
    } else {
        compiled.binary = {"cubin", program.cubin(), resources_in(log)};
        if (ptx) *ptx = program.ptx();
    }
    compiled.log = kept(std::move(log));
    if (compiled.binary.bytes.empty())
        return {Outcome::compile_failed, {}, "NVRTC made no code for " + std::string(target)};
    return compiled;
}

} // namespace hone::cuda
