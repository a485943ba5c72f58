// Modules and entries of a program.
#include "fault.hpp"
#include "kernel.hpp"

#include <dlfcn.h>

namespace hone::cuda {
namespace {

constexpr std::int64_t portable_shared_bytes = std::int64_t{48} << 10; // more is asked for

} // namespace

// Collects what one load needs; `failure` is set by whatever fails first.
struct CudaKernel::Loader {
    CudaKernel& kernel;
    const Driver& driver;
    RunReport& failure;
    std::vector<api::Module> modules = {}; // null for libraries
    std::vector<void*> libraries = {};     // null for the others

    bool fail(std::string detail) {
        failure = {Outcome::launch_failed, std::move(detail), false};
        return false;
    }
    bool check(api::Result result, const std::string& what) {
        if (result == api::Result::success) return true;
        failure = report(driver, result, what);
        return false;
    }

    bool load_module(const Module& module, std::span<const std::byte> image) {
        if (module.kind == Module::Kind::library) {
            // Never closed: a library with threads of its own does not survive that.
            libraries.push_back(::dlopen(module.library.c_str(), RTLD_NOW | RTLD_LOCAL));
            modules.push_back(nullptr);
            return libraries.back() || fail(::dlerror());
        }
        libraries.push_back(nullptr);
        if (image.empty()) return fail(module.name + ": there is no binary");
        api::Module loaded = nullptr;
        const api::Result result = driver.module_load(&loaded, image.data());
        if (!check(result, "loading " + module.name)) {
            if (result == api::Result::no_binary_for_gpu || result == api::Result::invalid_image ||
                result == api::Result::unsupported_ptx_version)
                failure.detail += "; the driver supports CUDA " + version_text(driver.version());
            return false;
        }
        modules.push_back(loaded);
        kernel.modules_.push_back(loaded);
        return true;
    }

    bool find(const Step& step, std::vector<Entry>& entries) {
        if (std::string objection = ArgumentBlock::objection(step); !objection.empty())
            return fail(step.kernel + ": " + objection);
        if (step.module < 0 || static_cast<std::size_t>(step.module) >= modules.size())
            return fail(step.kernel + ": the program has no module " + std::to_string(step.module));
        const auto which = static_cast<std::size_t>(step.module);
        Entry& entry = entries.emplace_back();
        entry.step = step;
        if (libraries[which]) return find_in_library(entry, libraries[which]);
        if (!check(driver.module_function(&entry.function, modules[which], step.kernel.c_str()),
                   "no entry " + step.kernel))
            return false;
        return raise_limits(entry);
    }

    bool find_in_library(Entry& entry, void* library) {
        const std::string& name = entry.step.kernel;
        entry.library = reinterpret_cast<hone_stream_entry>(::dlsym(library, name.c_str()));
        if (!entry.library) return fail("no entry " + name);
        const auto load =
            reinterpret_cast<hone_stream_load>(::dlsym(library, (name + "_load").c_str()));
        if (const int status = load ? load() : 0; status != 0)
            return fail(name + "_load gave status " + std::to_string(status));
        return true;
    }

    // A kernel says beforehand how much shared memory and how large a cluster it may be given.
    bool raise_limits(const Entry& entry) {
        using api::FunctionAttribute;
        const Step& step = entry.step;
        int fixed = 0;
        (void)driver.function_attribute(&fixed, FunctionAttribute::static_shared_bytes,
                                        entry.function);
        if (step.shared_bytes + fixed > portable_shared_bytes &&
            !check(driver.function_set(entry.function, FunctionAttribute::max_dynamic_shared_bytes,
                                       static_cast<int>(step.shared_bytes)),
                   step.kernel + " needs " + std::to_string(step.shared_bytes + fixed) +
                       " bytes of shared memory"))
            return false;
        if ((step.flags & Step::non_portable_cluster) == 0) return true;
        return check(
            driver.function_set(entry.function, FunctionAttribute::non_portable_cluster_allowed, 1),
            step.kernel + " needs a large cluster");
    }
};

std::unique_ptr<CudaKernel> CudaKernel::load(std::shared_ptr<Context> context,
                                             const Program& program,
                                             std::span<const Binary> binaries, RunReport& failure) {
    std::unique_ptr<CudaKernel> kernel{new CudaKernel(std::move(context))};
    const Context::Current current(*kernel->context_);
    Loader loader{*kernel, kernel->context_->driver(), failure};
    if (!loader.check(current.result(), "making the context current")) return nullptr;
    for (std::size_t i = 0; i < program.modules.size(); ++i) {
        const Module& module = program.modules[i];
        std::span<const std::byte> image = module.bytes;
        if (i < binaries.size() && !binaries[i].bytes.empty()) image = binaries[i].bytes;
        if (!loader.load_module(module, image)) return nullptr;
    }
    for (const Step& step : program.steps)
        if (!loader.find(step, kernel->steps_)) return nullptr;
    for (const Prepare& prepare : program.prepare) {
        kernel->preparations_.emplace_back();
        for (const Step& step : prepare.steps)
            if (!loader.find(step, kernel->preparations_.back())) return nullptr;
    }
    kernel->zero_init_ = program.zero_init;
    kernel->workspace_bytes_ = program.workspace_bytes;
    return kernel;
}

CudaKernel::~CudaKernel() {
    const Context::Current current(*context_);
    for (const api::Module module : modules_) (void)context_->driver().module_unload(module);
}

} // namespace hone::cuda
