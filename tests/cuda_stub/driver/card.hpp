// The stub's card and everything that was made on it.
#pragma once

#include "driver_api.hpp"
#include "tests/cuda_stub/common/settings.hpp"
#include "tests/cuda_stub/common/stub_text.hpp"
#include "tests/cuda_stub/driver/memory.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// The handles that hone sees.
namespace hone::cuda::api {
struct ContextData {
    int device = 0;
};
struct FunctionData {
    ModuleData* module = nullptr;
    cuda_stub::Entry entry;
    std::string name;
    int allowed_shared_bytes = 48 << 10;
};
struct ModuleData {
    cuda_stub::StubText text;
    std::map<std::string, FunctionData, std::less<>> functions;
    std::int64_t launches = 0;
};
struct GraphData {
    std::vector<std::function<void()>> work;
};
struct GraphExecData {
    std::vector<std::function<void()>> work;
};
struct StreamData {
    double clock_us = 0; // by the virtual clock
    GraphData* capture = nullptr;
};
struct EventData {
    double clock_us = -1;
};
} // namespace hone::cuda::api

namespace cuda_stub {

namespace api = hone::cuda::api;
using api::Result;

// Holds what was queued after it until host memory shows a value.
struct HeldBack {
    const volatile std::uint32_t* memory;
    std::uint32_t value;
};

struct Card {
    std::mutex mutex;
    Settings settings = Settings::from_env();
    bool started = false;
    api::ContextData context;
    api::Context current = nullptr;
    int pushed = 0;
    Result sticky = Result::success;  // answers every call once it is set
    double energy_uj = 0;             // by the virtual clock
    Result pending = Result::success; // shows at the next synchronisation, then is forgotten
    bool hangs = false;
    std::vector<HeldBack> held_back; // until somebody waits
    DeviceMemory memory;
    api::StreamData default_stream;
    std::int64_t launches = 0;

    // What every call answers first.
    [[nodiscard]] Result state() const {
        if (!started) return Result::not_initialized;
        return sticky;
    }
    [[nodiscard]] std::int64_t shared_limit() const {
        return settings.number("shared_bytes", 166912);
    }
    // Queues work on a stream: at once, or into the graph it captures.
    void queue(api::Stream stream, std::function<void()> work);
    // Waits; never comes back from a hang or a gate that nobody opens.
    [[nodiscard]] Result synchronize();
};

[[nodiscard]] Card& card();

// Carries out one launch; sets card().sticky and the like. A replayed launch takes its time and
// fails as it is told to, and computes nothing: a thousand replays would take minutes.
void execute(api::FunctionData& function, const std::vector<std::uint64_t>& values,
             const std::vector<api::EncodedTensorMap>& maps, api::StreamData& stream,
             bool replayed);
// Reads the arguments of a launch as the entry declares them.
void read_arguments(const Entry& entry, void** parameters, std::vector<std::uint64_t>& values,
                    std::vector<api::EncodedTensorMap>& maps);

// A tensor map as the stub encodes it.
struct PlainMap {
    std::uint64_t magic, address;
    std::uint64_t sizes[5];
    std::uint64_t strides_bytes[4];
    std::uint32_t rank, element_bytes;
};
static_assert(sizeof(PlainMap) <= sizeof(api::EncodedTensorMap));
inline constexpr std::uint64_t map_magic = 0x70616d626f6e65;

} // namespace cuda_stub
