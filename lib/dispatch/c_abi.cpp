// The C ABI: hone.h over the C++ interface. No exception leaves a function here.
#include "cache/user_store.hpp"
#include "hone/dispatcher.hpp"
#include "hone/error.hpp"
#include "hone/hone.h"
#include "hone/version.hpp"
#include "lib/dispatch/operands.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

using namespace hone;

static_assert(HONE_OK == static_cast<int>(Status::ok) &&
              HONE_NOT_FOUND == static_cast<int>(Status::not_found) &&
              HONE_INVALID_ARGUMENT == static_cast<int>(Status::invalid_argument) &&
              HONE_WORKSPACE_TOO_SMALL == static_cast<int>(Status::workspace_too_small) &&
              HONE_DEVICE_ERROR == static_cast<int>(Status::device_error) &&
              HONE_INTERNAL == static_cast<int>(Status::internal));
static_assert(sizeof(hone_tensor{}.strides) / sizeof(int64_t) == max_rank);

// Registry and stores must outlive the dispatcher: members go in reverse order.
struct hone_dispatcher {
    Options options;
    Registry registry;
    std::vector<std::unique_ptr<Store>> stores;
    std::unique_ptr<Dispatcher> dispatcher;

    explicit hone_dispatcher(Options from) : options(std::move(from)), registry(options) {}
};

struct hone_bound {
    hone_dispatcher* owner;
    Bound bound;
};

namespace {

// hone_last_error() promises the text of the calling thread's last failure.
thread_local std::array<char, 1024> last_error{};

void remember(std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), last_error.size() - 1);
    std::memcpy(last_error.data(), text.data(), size);
    last_error[size] = '\0';
}

hone_status status_of(Errc code) noexcept {
    switch (code) {
    case Errc::usage:
    case Errc::workload:
        return HONE_INVALID_ARGUMENT;
    case Errc::unavailable:
    case Errc::no_candidate:
        return HONE_NOT_FOUND;
    case Errc::device_lost:
        return HONE_DEVICE_ERROR;
    case Errc::internal:
    case Errc::check_failed:
    case Errc::not_kept:
        return HONE_INTERNAL;
    }
    return HONE_INTERNAL;
}

template <typename Body> hone_status guarded(Body&& body) noexcept {
    try {
        return body();
    } catch (const Error& error) {
        remember(error.what());
        return status_of(error.code());
    } catch (const std::exception& error) {
        remember(error.what());
    } catch (...) {
        remember("unknown exception");
    }
    return HONE_INTERNAL;
}

hone_status refuse(std::string_view what) noexcept {
    remember(what);
    return HONE_INVALID_ARGUMENT;
}

void open_stores(hone_dispatcher& self, const char* const* stores) {
    const auto warn = [](const std::string& text) { remember(text); };
    if (stores) {
        for (; *stores; ++stores) self.stores.push_back(self.registry.open_store(*stores, warn));
        return;
    }
    for (const std::string& url : self.options.stores)
        self.stores.push_back(self.registry.open_store(url, warn));
    const std::string user_store = cache::user_store_url(self.options);
    if (self.options.stores.empty() && !user_store.empty())
        self.stores.push_back(self.registry.open_store(user_store, warn));
}

} // namespace

extern "C" {

const char* hone_version(void) { return version(); }

const char* hone_last_error(void) { return last_error.data(); }

hone_status hone_open(const char* device, const char* const* stores, const hone_parallel* parallel,
                      hone_dispatcher** out) {
    if (!device || !out) return refuse("hone_open: device and out must not be null");
    return guarded([&] {
        auto self = std::make_unique<hone_dispatcher>(Options::from_env());
        const std::vector<Device> devices = self->registry.devices(device);
        if (devices.empty())
            throw Error(Errc::unavailable, std::string("no such device: ") + device);
        open_stores(*self, stores);
        std::vector<Store*> pointers;
        for (const auto& store : self->stores) pointers.push_back(store.get());
        DispatchOptions dispatch_options;
        if (parallel) dispatch_options.session.parallel = {parallel->run, parallel->context};
        self->dispatcher = std::make_unique<Dispatcher>(
            self->registry, self->options, devices.front(), pointers, dispatch_options);
        *out = self.release();
        return HONE_OK;
    });
}

void hone_close(hone_dispatcher* dispatcher) { delete dispatcher; }

hone_status hone_warm(hone_dispatcher* dispatcher, const char* problems) {
    if (!dispatcher || !problems) return refuse("hone_warm: arguments must not be null");
    return guarded([&] {
        std::vector<WorkloadItem> items;
        std::string_view left(problems);
        while (!left.empty()) {
            const std::size_t end = std::min(left.find('\n'), left.size());
            const std::string_view line = left.substr(0, end);
            left.remove_prefix(std::min(end + 1, left.size()));
            if (line.find_first_not_of(" \t\r") != std::string_view::npos)
                items.push_back(parse_problem(line, dispatcher->registry.operations()));
        }
        const std::vector<LookupInfo> infos = dispatcher->dispatcher->warm(items);
        for (std::size_t i = 0; i < infos.size(); ++i)
            if (infos[i].match == Match::none)
                throw Error(Errc::unavailable,
                            "neither a winner nor a fallback for " +
                                short_text(items[i].operation->schema(), items[i].problem));
        return HONE_OK;
    });
}

hone_status hone_plan_digest(const hone_dispatcher* dispatcher, uint8_t plan[32],
                             uint8_t binaries[32]) {
    if (!dispatcher || !plan) return refuse("hone_plan_digest: arguments must not be null");
    return guarded([&] {
        const Plan frozen = dispatcher->dispatcher->plan();
        std::memcpy(plan, frozen.digest().bytes.data(), 32);
        if (binaries) std::memcpy(binaries, frozen.binary_digest().bytes.data(), 32);
        return HONE_OK;
    });
}

hone_status hone_seal(hone_dispatcher* dispatcher) {
    if (!dispatcher) return refuse("hone_seal: dispatcher must not be null");
    dispatcher->dispatcher->seal();
    return HONE_OK;
}

hone_status hone_bind(hone_dispatcher* dispatcher, const char* problem, double max_error,
                      hone_bound** out, size_t* workspace_bytes) {
    if (!dispatcher || !problem || !out) return refuse("hone_bind: arguments must not be null");
    return guarded([&] {
        WorkloadItem item = parse_problem(problem, dispatcher->registry.operations());
        if (max_error != 0) item.contract.max_error = max_error;
        auto bound = std::make_unique<hone_bound>();
        bound->owner = dispatcher;
        bound->bound = dispatcher->dispatcher->bind(item.problem, item.contract, {});
        if (workspace_bytes) *workspace_bytes = bound->bound.workspace_bytes;
        *out = bound.release();
        return HONE_OK;
    });
}

hone_status hone_launch(const hone_bound* bound, const hone_tensor* operands, size_t operand_count,
                        void* workspace, size_t workspace_bytes, void* stream) {
    if (!bound || !operands) return refuse("hone_launch: bound and operands must not be null");
    // Checked before the array below is filled: it has room for what an operation can have.
    const dispatch::OperandRules& rules = *bound->bound.rules;
    if (operand_count != rules.count())
        return refuse("hone_launch: not the number of operands that the operation takes");
    if (bound->bound.workspace_bytes > (workspace ? workspace_bytes : 0)) {
        remember("hone_launch: the workspace is null or smaller than hone_bind said");
        return HONE_WORKSPACE_TOO_SMALL;
    }
    std::array<Tensor, dispatch::OperandRules::most> tensors;
    for (std::size_t i = 0; i < operand_count; ++i) {
        tensors[i].data = operands[i].data;
        std::copy_n(operands[i].strides, max_rank, tensors[i].strides.begin());
    }
    const std::span<const Tensor> given(tensors.data(), operand_count);
    if (const auto breach = rules.breach(given))
        return guarded(
            [&]() -> hone_status { return refuse("hone_launch: " + rules.describe(*breach)); });
    const Status status = bound->bound.kernel->launch(
        bound->bound.problem, given, bound->bound.prepared, workspace, Stream{stream});
    if (status != Status::ok) remember(to_string(status));
    return static_cast<hone_status>(status);
}

void hone_release(hone_bound* bound) { delete bound; }
}
