#include "tests/cuda_stub/driver/card.hpp"

#include <cmath>
#include <csignal>
#include <cstring>
#include <limits>
#include <unistd.h>
#include <utility>

namespace cuda_stub {
namespace {

// The arguments of a launch by name.
class Arguments final {
  public:
    Arguments(const Entry& entry, const std::vector<std::uint64_t>& values,
              const std::vector<api::EncodedTensorMap>& maps)
        : entry_(entry), values_(values), maps_(maps) {}

    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const {
        for (std::size_t i = 0; i < entry_.parameters.size(); ++i) {
            if (entry_.parameters[i].name != name) continue;
            if (entry_.parameters[i].type == "i32")
                return static_cast<std::int32_t>(static_cast<std::uint32_t>(values_[i]));
            return static_cast<std::int64_t>(values_[i]);
        }
        return otherwise;
    }
    [[nodiscard]] float real(std::string_view name, float otherwise) const {
        for (std::size_t i = 0; i < entry_.parameters.size(); ++i) {
            if (entry_.parameters[i].name != name) continue;
            const auto bits = static_cast<std::uint32_t>(values_[i]);
            float value = 0;
            std::memcpy(&value, &bits, sizeof value);
            return value;
        }
        return otherwise;
    }
    [[nodiscard]] std::uint64_t address(std::string_view name) const {
        return static_cast<std::uint64_t>(integer(name));
    }
    [[nodiscard]] const api::EncodedTensorMap* map(std::string_view name) const {
        std::size_t at = 0;
        for (const Parameter& parameter : entry_.parameters) {
            if (parameter.type != "map") continue;
            if (parameter.name == name) return &maps_[at];
            ++at;
        }
        return nullptr;
    }

  private:
    const Entry& entry_;
    const std::vector<std::uint64_t>& values_;
    const std::vector<api::EncodedTensorMap>& maps_;
};

float load(std::uint64_t address) {
    float value = 0;
    std::memcpy(&value, card().memory.at(address, sizeof value), sizeof value);
    return value;
}
void store(std::uint64_t address, float value) {
    std::memcpy(card().memory.at(address, sizeof value), &value, sizeof value);
}

// An operand through a pointer and a leading dimension, or through a map.
struct Matrix {
    Matrix(const Arguments& arguments, const char* name, const char* leading, const char* flag)
        : transposed(arguments.integer(flag) != 0), row_bytes(4 * arguments.integer(leading)) {
        if (const api::EncodedTensorMap* encoded = arguments.map(name)) {
            PlainMap map;
            std::memcpy(&map, encoded, sizeof map);
            if (map.magic != map_magic) throw IllegalAccess{};
            base = map.address;
            row_bytes = static_cast<std::int64_t>(map.strides_bytes[0]);
        } else {
            base = arguments.address(name);
        }
    }
    float operator()(std::int64_t row, std::int64_t column) const {
        if (transposed) std::swap(row, column);
        return load(base + static_cast<std::uint64_t>(row * row_bytes + 4 * column));
    }
    bool transposed;
    std::int64_t row_bytes;
    std::uint64_t base = 0;
};

void gemm(const Arguments& arguments, const std::string& behave) {
    const std::int64_t m = arguments.integer("m"), n = arguments.integer("n"),
                       k = arguments.integer("k"), ldd = arguments.integer("ldd", n);
    const Matrix a(arguments, "a", "lda", "ta"), b(arguments, "b", "ldb", "tb");
    const std::uint64_t d = arguments.address("d");
    const float alpha = arguments.real("alpha", 1);
    const auto element = [&](std::int64_t i, std::int64_t j) {
        return d + static_cast<std::uint64_t>(4 * (i * ldd + j));
    };
    for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
            float sum = 0;
            for (std::int64_t l = 0; l < k; ++l) sum += a(i, l) * b(l, j);
            store(element(i, j), alpha * sum);
        }
    }
    const std::uint64_t middle = element(m / 2, n / 2);
    if (behave == "wrong") store(middle, 2 * load(middle) + 1000);
    if (behave == "nan") store(middle, std::numeric_limits<float>::quiet_NaN());
    if (behave == "oob") store(element(m - 1, n - 1) + 4, 0);
}

void compute(const Entry& entry, const Arguments& arguments, const std::string& behave) {
    if (entry.compute == "gemm") gemm(arguments, behave);
    if (entry.compute == "copy") {
        const auto bytes = static_cast<std::size_t>(arguments.integer("bytes"));
        std::memmove(card().memory.at(arguments.address("dst"), bytes),
                     card().memory.at(arguments.address("src"), bytes), bytes);
    }
}

} // namespace

void read_arguments(const Entry& entry, void** parameters, std::vector<std::uint64_t>& values,
                    std::vector<api::EncodedTensorMap>& maps) {
    for (std::size_t i = 0; i < entry.parameters.size(); ++i) {
        const std::string& type = entry.parameters[i].type;
        std::uint64_t value = 0;
        if (type == "map") {
            std::memcpy(&maps.emplace_back(), parameters[i], sizeof(api::EncodedTensorMap));
        } else {
            std::memcpy(&value, parameters[i], type == "i32" || type == "f32" ? 4 : 8);
        }
        values.push_back(value);
    }
}

void execute(api::FunctionData& function, const std::vector<std::uint64_t>& values,
             const std::vector<api::EncodedTensorMap>& maps, api::StreamData& stream,
             bool replayed) {
    Card& here = card();
    if (here.sticky != Result::success || here.hangs) return;
    const Entry& entry = function.entry;
    const std::int64_t turn = ++function.module->launches;
    const std::string behave = turn > entry.after ? entry.behave : "ok";
    if (++here.launches == here.settings.number("lose_after", 0) || behave == "lost") {
        here.sticky = Result::ecc_uncorrectable;
        return;
    }
    if (behave == "hang") here.hangs = true;
    if (behave == "crash") {
        std::signal(SIGSEGV, SIG_DFL);
        std::raise(SIGSEGV);
    }
    if (behave == "illegal_access") here.sticky = Result::illegal_address;
    if (behave == "misaligned") here.sticky = Result::misaligned_address;
    if (behave == "assert") here.sticky = Result::assertion;
    if (here.sticky != Result::success || here.hangs) return;
    try {
        if (!replayed) compute(entry, Arguments(entry, values, maps), behave);
    } catch (const IllegalAccess&) {
        here.sticky = Result::illegal_address;
    }
    // A spread that is the same in every run.
    const double phase = std::sin(static_cast<double>(turn) * 12.9898) * 43758.5453;
    const double spread = 2 * (phase - std::floor(phase)) - 1;
    const double took_us = entry.time_us * (1 + entry.noise_percent / 100 * spread);
    stream.clock_us += took_us;
    here.energy_uj += took_us * entry.watts;
}

} // namespace cuda_stub
