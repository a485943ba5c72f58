// The driver's entry points in the stub: devices, contexts, modules, memory.
#include "tests/cuda_stub/driver/card.hpp"

#include <elf.h>

#include <cstdio>
#include <cstring>

using namespace cuda_stub;

namespace {

std::string_view code(const void* image) {
    const auto* bytes = static_cast<const char*>(image);
    if (std::memcmp(bytes, code_magic.data(), code_magic.size()) == 0) {
        char* end = nullptr;
        const long size = std::strtol(bytes + code_magic.size(), &end, 10);
        return {end + 1, static_cast<std::size_t>(size)};
    }
    if (std::memcmp(bytes, ELFMAG, SELFMAG) != 0) return {};
    Elf64_Ehdr header;
    std::memcpy(&header, bytes, sizeof header);
    return {bytes, header.e_shoff + std::size_t{header.e_shnum} * header.e_shentsize};
}

template <typename Call> Result guarded(Call&& call) {
    Card& here = card();
    const std::lock_guard lock(here.mutex);
    if (const Result state = here.state(); state != Result::success) return state;
    try {
        return call(here);
    } catch (const IllegalAccess&) {
        return Result::invalid_value;
    }
}

} // namespace

extern "C" {

// For NVML's stub.
double cuda_stub_energy_uj() { return card().energy_uj; }

Result cuInit(unsigned) {
    Card& here = card();
    const std::lock_guard lock(here.mutex);
    here.settings = Settings::from_env();
    here.sticky = here.pending = Result::success;
    here.hangs = false;
    here.held_back.clear();
    here.launches = 0;
    const auto result = static_cast<Result>(here.settings.number("init", 0));
    here.started = result == Result::success;
    return result;
}
Result cuDriverGetVersion(int* version) {
    *version = static_cast<int>(Settings::from_env().number("driver", 13000));
    return Result::success;
}
Result cuGetErrorName(Result result, const char** text) {
    switch (result) {
    case Result::illegal_address:
        *text = "CUDA_ERROR_ILLEGAL_ADDRESS";
        break;
    case Result::no_device:
        *text = "CUDA_ERROR_NO_DEVICE";
        break;
    default:
        return Result::invalid_value;
    }
    return Result::success;
}
Result cuGetErrorString(Result result, const char** text) {
    if (result != Result::illegal_address) return Result::invalid_value;
    *text = "an illegal memory access was encountered";
    return Result::success;
}
Result cuDeviceGetCount(int* count) {
    *count = static_cast<int>(card().settings.number("devices", 1));
    return Result::success;
}
Result cuDeviceGet(api::Device* device, int ordinal) {
    *device = ordinal;
    return ordinal < card().settings.number("devices", 1) ? Result::success
                                                          : Result::invalid_device;
}
Result cuDeviceGetName(char* name, int capacity, api::Device) {
    std::snprintf(name, static_cast<std::size_t>(capacity), "%s",
                  card().settings.text("name", "NVIDIA A100-SXM4-80GB").c_str());
    return Result::success;
}
Result cuDeviceTotalMem_v2(std::size_t* bytes, api::Device) {
    *bytes = static_cast<std::size_t>(card().settings.number("memory_mib", 81152)) << 20;
    return Result::success;
}
Result cuDeviceGetAttribute(int* value, api::DeviceAttribute attribute, api::Device) {
    using api::DeviceAttribute;
    const Settings& settings = card().settings;
    const auto number = [&](const char* key, std::int64_t otherwise) {
        *value = static_cast<int>(settings.number(key, otherwise));
        return Result::success;
    };
    switch (attribute) {
    case DeviceAttribute::clock_khz:
        return number("clock_khz", 1'410'000);
    case DeviceAttribute::multiprocessors:
        return number("cores", 108);
    case DeviceAttribute::memory_clock_khz:
        return number("memory_khz", 1'593'000);
    case DeviceAttribute::memory_bus_bits:
        return number("bus_bits", 5120);
    case DeviceAttribute::l2_bytes:
        return number("l2_bytes", 40 << 20);
    case DeviceAttribute::capability_major:
        return number("major", 8);
    case DeviceAttribute::capability_minor:
        return number("minor", 0);
    case DeviceAttribute::shared_bytes_per_multiprocessor:
        return number("shared_bytes_per_core", 167936);
    case DeviceAttribute::registers_per_multiprocessor:
        return number("registers", 65536);
    case DeviceAttribute::shared_bytes_per_block_optin:
        return number("shared_bytes", 166912);
    case DeviceAttribute::mps_enabled:
        return number("mps", 0);
    case DeviceAttribute::kernel_timeout:
        return number("timeout", 0);
    }
    return Result::invalid_value;
}
Result cuDeviceGetPCIBusId(char* id, int capacity, api::Device device) {
    std::snprintf(id, static_cast<std::size_t>(capacity), "0000:%02x:00.0", device + 1);
    return Result::success;
}

Result cuDevicePrimaryCtxRetain(api::Context* context, api::Device device) {
    return guarded([&](Card& here) {
        if (const auto result = here.settings.number("retain", 0); result != 0)
            return static_cast<Result>(result);
        here.context.device = device;
        *context = &here.context;
        return Result::success;
    });
}
Result cuDevicePrimaryCtxRelease_v2(api::Device) { return Result::success; }
Result cuCtxGetCurrent(api::Context* context) {
    *context = card().current;
    return card().started ? Result::success : Result::not_initialized;
}
Result cuCtxPushCurrent_v2(api::Context context) {
    Card& here = card();
    const std::lock_guard lock(here.mutex);
    ++here.pushed;
    here.current = context;
    return Result::success;
}
Result cuCtxPopCurrent_v2(api::Context* context) {
    Card& here = card();
    const std::lock_guard lock(here.mutex);
    *context = here.current;
    if (--here.pushed == 0) here.current = nullptr;
    return Result::success;
}
Result cuCtxSynchronize() {
    return guarded([](Card& here) { return here.synchronize(); });
}

Result cuModuleLoadData(api::Module* module, const void* image) {
    return guarded([&](Card& here) {
        const std::string_view text = code(image);
        if (text.empty()) return Result::invalid_image;
        // Machine code of a newer major version.
        if (here.settings.number("driver", 13000) / 1000 <
            here.settings.number("nvrtc", 13000) / 1000)
            return Result::no_binary_for_gpu;
        auto loaded = std::make_unique<api::ModuleData>();
        loaded->text = parse(text);
        for (const auto& [name, entry] : loaded->text.entries)
            loaded->functions[name] = {loaded.get(), entry, name};
        *module = loaded.release();
        return Result::success;
    });
}
Result cuModuleUnload(api::Module module) {
    delete module;
    return Result::success;
}
Result cuModuleGetFunction(api::Function* function, api::Module module, const char* name) {
    return guarded([&](Card&) {
        const auto found = module->functions.find(name);
        if (found == module->functions.end()) return Result::not_found;
        *function = &found->second;
        return Result::success;
    });
}
Result cuFuncGetAttribute(int* value, api::FunctionAttribute attribute, api::Function function) {
    *value = 0;
    if (attribute == api::FunctionAttribute::static_shared_bytes)
        *value = static_cast<int>(function->entry.shared_bytes);
    if (attribute == api::FunctionAttribute::registers)
        *value = static_cast<int>(function->module->text.registers);
    return Result::success;
}
Result cuFuncSetAttribute(api::Function function, api::FunctionAttribute attribute, int value) {
    return guarded([&](Card& here) {
        if (attribute != api::FunctionAttribute::max_dynamic_shared_bytes) return Result::success;
        if (value + function->entry.shared_bytes > here.shared_limit())
            return Result::invalid_value;
        function->allowed_shared_bytes = value;
        return Result::success;
    });
}

Result cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
    return guarded([&](Card& here) {
        *total = static_cast<std::size_t>(here.settings.number("memory_mib", 81152)) << 20;
        *free = *total - here.memory.used();
        return Result::success;
    });
}
Result cuMemAlloc_v2(api::Address* address, std::size_t bytes) {
    return guarded([&](Card& here) {
        const auto limit = static_cast<std::size_t>(here.settings.number("free_mib", 2048)) << 20;
        *address = here.memory.allocate(bytes, limit);
        return *address ? Result::success : Result::out_of_memory;
    });
}
Result cuMemFree_v2(api::Address address) {
    Card& here = card();
    const std::lock_guard lock(here.mutex);
    return here.memory.free(address) ? Result::success : Result::invalid_value;
}
Result cuMemcpyHtoD_v2(api::Address to, const void* from, std::size_t bytes) {
    return guarded([&](Card& here) {
        std::memcpy(here.memory.at(to, bytes), from, bytes);
        return Result::success;
    });
}
Result cuMemcpyDtoH_v2(void* to, api::Address from, std::size_t bytes) {
    return guarded([&](Card& here) {
        std::memcpy(to, here.memory.at(from, bytes), bytes);
        return Result::success;
    });
}
Result cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned) {
    *pointer = std::calloc(1, bytes);
    return Result::success;
}
Result cuMemFreeHost(void* pointer) {
    std::free(pointer);
    return Result::success;
}
Result cuMemHostGetDevicePointer_v2(api::Address* address, void* pointer, unsigned) {
    *address = reinterpret_cast<api::Address>(pointer);
    return Result::success;
}

} // extern "C"
