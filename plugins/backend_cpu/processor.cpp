#include "processor.hpp"

#include "hone/error.hpp"

#include <hwloc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <string>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <sched.h>

namespace hone::cpu {
namespace {

#if defined(__x86_64__)

constexpr const char* architecture = "x86-64";

struct Identity {
    std::string name = "unknown";
    bool virtualised = false;
};

Identity identity() {
    Identity id;
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx)) return id;
    std::string vendor;
    for (const unsigned word : {ebx, edx, ecx})
        for (int byte = 0; byte < 4; ++byte)
            vendor.push_back(static_cast<char>(word >> (8 * byte) & 0xffU));
    __get_cpuid(1, &eax, &ebx, &ecx, &edx);
    // Family and model have extension fields (AMD64 Architecture Programmer's Manual volume 3,
    // appendix E, function 1; Intel SDM volume 2A, CPUID).
    unsigned family = eax >> 8 & 0xf;
    unsigned model = eax >> 4 & 0xf;
    if (family == 0x6 || family == 0xf) model |= eax >> 12 & 0xf0;
    if (family == 0xf) family += eax >> 20 & 0xff;
    id.name = vendor + '/' + std::to_string(family) + '/' + std::to_string(model) + '/' +
              std::to_string(eax & 0xf);
    id.virtualised = (ecx >> 31 & 1) != 0;
    return id;
}

// Names as LLVM spells them. Only what a kernel choice or the code generator can tell apart.
// __builtin_cpu_supports also asks whether the operating system saves the registers.
std::vector<std::string> features() {
    __builtin_cpu_init();
    std::vector<std::string> found;
    const auto add = [&](bool has, const char* name) {
        if (has) found.emplace_back(name);
    };
    add(__builtin_cpu_supports("avx2"), "avx2");
    add(__builtin_cpu_supports("avx512bf16"), "avx512bf16");
    add(__builtin_cpu_supports("avx512bw"), "avx512bw");
    add(__builtin_cpu_supports("avx512cd"), "avx512cd");
    add(__builtin_cpu_supports("avx512dq"), "avx512dq");
    add(__builtin_cpu_supports("avx512f"), "avx512f");
    add(__builtin_cpu_supports("avx512vl"), "avx512vl");
    add(__builtin_cpu_supports("avx512vnni"), "avx512vnni");
    add(__builtin_cpu_supports("bmi2"), "bmi2");
    add(__builtin_cpu_supports("f16c"), "f16c");
    add(__builtin_cpu_supports("fma"), "fma");
    return found;
}

#else

#if defined(__aarch64__)
constexpr const char* architecture = "aarch64";
#else
constexpr const char* architecture = "unknown";
#endif

struct Identity {
    std::string name = "unknown";
    bool virtualised = false;
};

Identity identity() { return {}; }
std::vector<std::string> features() { return {}; }

#endif

struct TopologyDelete {
    void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<hwloc_topology, TopologyDelete>;

// Cores and caches only: looking for devices and distances would take longer than the rest.
Topology load_topology() {
    hwloc_topology_t raw = nullptr;
    if (hwloc_topology_init(&raw) != 0) return nullptr;
    Topology topology{raw};
    hwloc_topology_set_all_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_cache_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_ALL);
    hwloc_topology_set_type_filter(raw, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL);
    if (hwloc_topology_load(raw) != 0) return nullptr;
    return topology;
}

std::vector<int> allowed_cpus() {
    std::vector<int> cpus;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    if (cpus.empty()) cpus.push_back(0);
    return cpus;
}

// One CPU of every core, then the second ones, and so on.
std::vector<int> places_of(hwloc_topology* topology, const std::vector<int>& allowed, int& cores) {
    std::vector<std::vector<int>> by_sibling;
    std::vector<int> seen;
    for (hwloc_obj_t core = nullptr;
         (core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr;) {
        std::size_t sibling = 0;
        for (int cpu = hwloc_bitmap_first(core->cpuset); cpu >= 0;
             cpu = hwloc_bitmap_next(core->cpuset, cpu)) {
            if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) continue;
            if (by_sibling.size() <= sibling) by_sibling.emplace_back();
            by_sibling[sibling++].push_back(cpu);
            seen.push_back(cpu);
        }
    }
    std::vector<int> places;
    for (const auto& group : by_sibling) places.insert(places.end(), group.begin(), group.end());
    cores = by_sibling.empty() ? 0 : static_cast<int>(by_sibling.front().size());
    for (const int cpu : allowed)
        if (std::find(seen.begin(), seen.end(), cpu) == seen.end()) places.push_back(cpu);
    return places;
}

std::int64_t cache_bytes(hwloc_topology* topology, hwloc_obj_type_t type) {
    const hwloc_obj_t cache = hwloc_get_next_obj_by_type(topology, type, nullptr);
    return cache ? static_cast<std::int64_t>(cache->attr->cache.size) : 0;
}

// Of all last-level caches that serve a CPU of this process.
std::int64_t shared_cache_bytes(hwloc_topology* topology, const std::vector<int>& places) {
    std::int64_t bytes = 0;
    for (hwloc_obj_t cache = nullptr;
         (cache = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_L3CACHE, cache)) != nullptr;) {
        const bool serves = std::any_of(places.begin(), places.end(), [&](int cpu) {
            return hwloc_bitmap_isset(cache->cpuset, static_cast<unsigned>(cpu)) != 0;
        });
        if (serves) bytes += static_cast<std::int64_t>(cache->attr->cache.size);
    }
    return bytes;
}

// CPUs a control group (version 2) grants this process, 0 when it does not limit them.
int quota() {
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    std::string limit;
    std::int64_t period = 0;
    if (!(file >> limit >> period) || limit == "max" || period <= 0) return 0;
    std::int64_t granted = 0;
    const auto end = std::from_chars(limit.data(), limit.data() + limit.size(), granted);
    if (end.ec != std::errc{}) return 0;
    return static_cast<int>(std::max<std::int64_t>(1, granted / period));
}

std::int64_t clock_mhz() {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
    std::int64_t khz = 0;
    file >> khz;
    return khz / 50'000 * 50;
}

} // namespace

Processor this_processor() {
    Processor processor;
    const Identity id = identity();
    processor.model.backend = "cpu";
    processor.model.arch = architecture;
    processor.model.name = id.name;
    processor.model.features = features();
    processor.model.virtualised = id.virtualised;
    processor.model.clock_mhz = clock_mhz();

    const std::vector<int> allowed = allowed_cpus();
    int cores = 0;
    if (const Topology topology = load_topology()) {
        processor.places = places_of(topology.get(), allowed, cores);
        processor.model.l1_bytes = cache_bytes(topology.get(), HWLOC_OBJ_L1CACHE);
        processor.model.l2_bytes = cache_bytes(topology.get(), HWLOC_OBJ_L2CACHE);
        processor.model.l3_bytes = shared_cache_bytes(topology.get(), processor.places);
    } else {
        processor.places = allowed;
    }
    processor.default_threads = cores > 0 ? cores : static_cast<int>(processor.places.size());
    if (const int granted = quota(); granted > 0)
        processor.default_threads = std::min(processor.default_threads, granted);
    processor.model.cores = processor.default_threads;
    return processor;
}

int thread_count(const Processor& processor, std::string_view spec) {
    if (spec.empty()) return processor.default_threads;
    int count = 0;
    const auto [end, error] = std::from_chars(spec.data(), spec.data() + spec.size(), count);
    const auto available = std::to_string(processor.places.size());
    if (error != std::errc{} || end != spec.data() + spec.size() || count < 1)
        throw Error(Errc::unavailable,
                    "cpu:" + std::string(spec) + ": expected a number of threads",
                    "cpu, or cpu:1 to cpu:" + available);
    if (count > static_cast<int>(processor.places.size()))
        throw Error(Errc::unavailable,
                    "cpu:" + std::string(spec) + ": this process may use " + available + " CPUs",
                    "cpu, or cpu:1 to cpu:" + available);
    return count;
}

} // namespace hone::cpu
