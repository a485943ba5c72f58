// The driver's entry points in the stub: launches, streams, events, graphs, tensor maps.
#include "tests/cuda_stub/driver/card.hpp"

#include <cstring>
#include <utility>

using namespace cuda_stub;

namespace {

api::Stream stream_or_default(api::Stream stream) {
    return stream ? stream : &card().default_stream;
}

template <typename Call> Result guarded(Call&& call) {
    Card& here = card();
    const std::lock_guard lock(here.mutex);
    if (const Result state = here.state(); state != Result::success) return state;
    return call(here);
}

// The rules that the driver checks before it takes a launch.
Result broken_rule(const Card& here, const api::FunctionData& function,
                   const api::LaunchConfig& config) {
    const auto threads = std::uint64_t{config.block_x} * config.block_y * config.block_z;
    if (threads == 0 || threads > 1024 || config.grid_x == 0 || config.grid_y == 0 ||
        config.grid_z == 0 || config.grid_y > 65535 || config.grid_z > 65535)
        return Result::invalid_value;
    if (config.shared_bytes > static_cast<unsigned>(function.allowed_shared_bytes) ||
        config.shared_bytes + function.entry.shared_bytes > here.shared_limit())
        return Result::invalid_value;
    for (unsigned i = 0; i < config.attribute_count; ++i) {
        const api::LaunchAttribute& attribute = config.attributes[i];
        if (attribute.id != api::LaunchAttributeId::cluster_dimension) continue;
        const auto& cluster = attribute.value.cluster;
        if (here.settings.number("major", 8) < 9) return Result::invalid_value;
        if (config.grid_x % cluster.x || config.grid_y % cluster.y || config.grid_z % cluster.z)
            return Result::invalid_cluster_size;
    }
    if (function.entry.behave == "resources") return Result::launch_out_of_resources;
    if (function.entry.behave == "oom" && function.module->launches >= function.entry.after)
        return Result::out_of_memory;
    return Result::success;
}

Result launch(const api::LaunchConfig& config, api::Function function, void** parameters) {
    return guarded([&](Card& here) {
        if (const Result broken = broken_rule(here, *function, config); broken != Result::success)
            return broken;
        std::vector<std::uint64_t> values;
        std::vector<api::EncodedTensorMap> maps;
        read_arguments(function->entry, parameters, values, maps);
        api::Stream stream = stream_or_default(config.stream);
        const bool replayed = stream->capture != nullptr;
        here.queue(stream, [function, stream, values, maps, replayed] {
            execute(*function, values, maps, *stream, replayed);
        });
        return Result::success;
    });
}

template <typename Work> Result queue(api::Stream stream, Work&& work) {
    return guarded([&](Card& here) {
        here.queue(stream_or_default(stream), [work] {
            try {
                work();
            } catch (const IllegalAccess&) {
                card().sticky = Result::illegal_address;
            }
        });
        return Result::success;
    });
}

} // namespace

extern "C" {

Result cuLaunchKernel(api::Function function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                      unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                      api::Stream stream, void** parameters, void**) {
    return launch(
        {grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes, stream, nullptr, 0},
        function, parameters);
}
Result cuLaunchKernelEx(const api::LaunchConfig* config, api::Function function, void** parameters,
                        void**) {
    return launch(*config, function, parameters);
}

Result cuMemcpyDtoDAsync_v2(api::Address to, api::Address from, std::size_t bytes,
                            api::Stream stream) {
    return queue(stream, [to, from, bytes] {
        std::memmove(card().memory.at(to, bytes), card().memory.at(from, bytes), bytes);
    });
}
Result cuMemsetD8Async(api::Address to, unsigned char value, std::size_t bytes,
                       api::Stream stream) {
    return queue(stream,
                 [to, value, bytes] { std::memset(card().memory.at(to, bytes), value, bytes); });
}

Result cuStreamCreate(api::Stream* stream, unsigned) {
    *stream = new api::StreamData;
    return Result::success;
}
Result cuStreamDestroy_v2(api::Stream stream) {
    delete stream;
    return Result::success;
}
Result cuStreamSynchronize(api::Stream) {
    return guarded([&](Card& here) { return here.synchronize(); });
}
Result cuStreamWaitValue32_v2(api::Stream, api::Address address, std::uint32_t value, unsigned) {
    return guarded([&](Card& here) {
        here.held_back.push_back({reinterpret_cast<const volatile std::uint32_t*>(address), value});
        return Result::success;
    });
}
Result cuStreamBeginCapture_v2(api::Stream stream, api::CaptureMode) {
    return guarded([&](Card&) {
        if (!stream || stream->capture) return Result::invalid_value;
        stream->capture = new api::GraphData;
        return Result::success;
    });
}
Result cuStreamEndCapture(api::Stream stream, api::Graph* graph) {
    return guarded([&](Card&) {
        *graph = std::exchange(stream->capture, nullptr);
        return *graph ? Result::success : Result::invalid_value;
    });
}
Result cuGraphInstantiateWithFlags(api::GraphExec* instance, api::Graph graph, unsigned long long) {
    *instance = new api::GraphExecData{graph->work};
    return Result::success;
}
Result cuGraphDestroy(api::Graph graph) {
    delete graph;
    return Result::success;
}
Result cuGraphExecDestroy(api::GraphExec graph) {
    delete graph;
    return Result::success;
}
// Kernels that were captured on a stream add to that stream's clock, which is the one that times
// it.
Result cuGraphLaunch(api::GraphExec graph, api::Stream stream) {
    return guarded([&](Card& here) {
        here.queue(stream_or_default(stream), [work = graph->work] {
            for (const auto& each : work) each();
        });
        return Result::success;
    });
}

Result cuEventCreate(api::Event* event, unsigned) {
    *event = new api::EventData;
    return Result::success;
}
Result cuEventDestroy_v2(api::Event event) {
    delete event;
    return Result::success;
}
Result cuEventRecord(api::Event event, api::Stream stream) {
    return guarded([&](Card&) {
        event->clock_us = stream_or_default(stream)->clock_us;
        return Result::success;
    });
}
Result cuEventSynchronize(api::Event) {
    return guarded([](Card& here) { return here.synchronize(); });
}
Result cuEventElapsedTime(float* milliseconds, api::Event start, api::Event stop) {
    return guarded([&](Card&) {
        if (start->clock_us < 0 || stop->clock_us < 0) return Result::invalid_value;
        *milliseconds = static_cast<float>((stop->clock_us - start->clock_us) / 1000);
        return Result::success;
    });
}

// The rules are those of cuTensorMapEncodeTiled's reference.
Result cuTensorMapEncodeTiled(api::EncodedTensorMap* encoded, api::TensorMapType type,
                              std::uint32_t rank, void* address, const std::uint64_t* sizes,
                              const std::uint64_t* strides_bytes, const std::uint32_t* box,
                              const std::uint32_t* element_strides, int interleave,
                              api::TensorMapSwizzle swizzle, api::TensorMapPromotion, int) {
    constexpr std::uint32_t element_bytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
    const std::uint32_t element = element_bytes[static_cast<int>(type)];
    if (rank < 1 || rank > 5 || interleave != 0) return Result::invalid_value;
    PlainMap map{map_magic, reinterpret_cast<std::uint64_t>(address), {}, {}, rank, element};
    if (map.address % 16 != 0) return Result::invalid_value;
    for (std::uint32_t d = 0; d < rank; ++d) {
        if (sizes[d] == 0 || sizes[d] > std::uint64_t{1} << 32 || box[d] == 0 || box[d] > 256 ||
            element_strides[d] == 0 || element_strides[d] > 8)
            return Result::invalid_value;
        map.sizes[d] = sizes[d];
        if (d == 0) continue;
        if (strides_bytes[d - 1] % 16 != 0 || strides_bytes[d - 1] >= std::uint64_t{1} << 40)
            return Result::invalid_value;
        map.strides_bytes[d - 1] = strides_bytes[d - 1];
    }
    const std::uint32_t row = box[0] * element;
    const std::uint32_t widest =
        swizzle == api::TensorMapSwizzle::none ? 256 * 8 : 16u << static_cast<int>(swizzle);
    if (row % 16 != 0 || row > widest) return Result::invalid_value;
    std::memcpy(encoded, &map, sizeof map);
    return Result::success;
}

} // extern "C"
