// The emulator against NVIDIA's own description of the hardware: kernels whose fragments, matrix
// moves and swizzles CuTe lays out, compiled from its public headers. Inputs are small whole
// numbers, so that every result is exact.
#include "headers.hpp"
#include "hone/dtype.hpp"
#include "hone/options.hpp"
#include "nvrtc/compile.hpp"
#include "tests/catch.hpp"
#include "tests/emu/machine.hpp"
#include "tests/paths.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

using namespace hone::emu;
using namespace hone::emu::test;
using hone::DType;

namespace {

struct Atom {
    const char* kernel;
    int m, k; // n is 8
    DType a, b, c;
    bool saturates = false;
};
enum class Order { along_k, along_m };
struct Tile {
    const char* kernel;
    Order a, b;
};
struct Target {
    const char* number; // in kernels/atoms.cu or kernels/tiles.cu
    const char* virtual_arch;
    std::vector<Atom> atoms;
    std::vector<Tile> tiles;
};

const std::vector<Target>& targets() {
    using enum DType;
    using enum Order;
    static const std::vector<Target> all{
        {"75",
         "compute_75",
         {{"f16_16x8x8", 16, 8, f16, f16, f32}, {"s8_8x8x16", 8, 16, s8, s8, s32}},
         {}},
        {"75",
         "compute_75",
         {},
         {{"tile_x4_x2", along_k, along_k},
          {"tile_t4_x1", along_m, along_k},
          {"tile_x2_t2", along_k, along_m}}},
        {"80",
         "compute_80",
         {{"f16_16x8x8", 16, 8, f16, f16, f32},
          {"f16_16x8x8_f16", 16, 8, f16, f16, f16},
          {"f16_16x8x16", 16, 16, f16, f16, f32},
          {"f16_16x8x16_f16", 16, 16, f16, f16, f16},
          {"bf16_16x8x8", 16, 8, bf16, bf16, f32},
          {"bf16_16x8x16", 16, 16, bf16, bf16, f32},
          {"tf32_16x8x4", 16, 4, f32, f32, f32},
          {"tf32_16x8x8", 16, 8, f32, f32, f32},
          {"f64_8x8x4", 8, 4, f64, f64, f64},
          {"s8_8x8x16", 8, 16, s8, s8, s32},
          {"s8_16x8x16", 16, 16, s8, s8, s32},
          {"s8_16x8x32", 16, 32, s8, s8, s32},
          {"s8_16x8x32_saturate", 16, 32, s8, s8, s32, true},
          {"s8_u8_16x8x16", 16, 16, s8, u8, s32},
          {"s8_u8_16x8x32", 16, 32, s8, u8, s32},
          {"u8_s8_8x8x16", 8, 16, u8, s8, s32},
          {"u8_s8_16x8x32", 16, 32, u8, s8, s32},
          {"u8_16x8x16", 16, 16, u8, u8, s32},
          {"u8_16x8x32", 16, 32, u8, u8, s32}},
         {}},
        {"80",
         "compute_80",
         {},
         {{"tile_x4_x4", along_k, along_k},
          {"tile_x1_t2", along_k, along_m},
          {"tile_t4_x2", along_m, along_k},
          {"tile_t8_t8", along_m, along_m}}},
        {"89",
         "compute_89",
         {{"e4m3_16x8x32", 16, 32, e4m3, e4m3, f32},
          {"e4m3_e5m2_16x8x32", 16, 32, e4m3, e5m2, f32},
          {"e5m2_e4m3_16x8x32", 16, 32, e5m2, e4m3, f32},
          {"e5m2_16x8x32", 16, 32, e5m2, e5m2, f32},
          {"e4m3_16x8x32_f16", 16, 32, e4m3, e4m3, f16},
          {"e4m3_e5m2_16x8x32_f16", 16, 32, e4m3, e5m2, f16},
          {"e5m2_e4m3_16x8x32_f16", 16, 32, e5m2, e4m3, f16},
          {"e5m2_16x8x32_f16", 16, 32, e5m2, e5m2, f16}},
         {}},
        {"90",
         "compute_90",
         {},
         {{"stored_x1", along_k, along_k},
          {"stored_x2", along_k, along_k},
          {"stored_x4", along_k, along_k},
          {"stored_t2", along_k, along_k},
          {"stored_t4", along_k, along_k},
          {"stored_t8", along_k, along_k}}},
        {"120",
         "compute_120a",
         {{"e4m3_16x8x32", 16, 32, e4m3, e4m3, f32},
          {"e4m3_e5m2_16x8x32", 16, 32, e4m3, e5m2, f32},
          {"e5m2_e4m3_16x8x32", 16, 32, e5m2, e4m3, f32},
          {"e5m2_16x8x32", 16, 32, e5m2, e5m2, f32},
          {"e4m3_16x8x32_f16", 16, 32, e4m3, e4m3, f16}},
         {}},
    };
    return all;
}

// Of any type, by its bytes.
struct Matrix {
    DType type;
    std::vector<double> values;
    std::vector<u64> words; // enough for all

    Matrix(DType of, int count) : type(of), values(size(count)), words(size(count)) {}
    void set(std::size_t i, double value) {
        values[i] = value;
        hone::from_double(type, words.data(), static_cast<std::int64_t>(i), value);
    }

  private:
    static std::size_t size(int count) { return static_cast<std::size_t>(count); }
};

Matrix random_matrix(DType type, int count, int largest, std::mt19937_64& random) {
    Matrix matrix(type, count);
    std::uniform_int_distribution<int> draw(type == DType::u8 ? 0 : -largest, largest);
    for (std::size_t i = 0; i < matrix.values.size(); ++i) matrix.set(i, draw(random));
    return matrix;
}

// So that every sum is a number of the sums' type.
int largest_of(const Atom& atom) {
    if (atom.c == DType::f16) return 7;
    if (atom.a == DType::s8 || atom.a == DType::u8)
        return atom.a == DType::u8 && atom.b == DType::u8 ? 255 : 127;
    return atom.a == DType::e5m2 || atom.b == DType::e5m2 ? 7 : 15;
}

void check(Machine& machine, const Atom& atom, std::mt19937_64& random) {
    CAPTURE(atom.kernel);
    const int n = 8, largest = largest_of(atom);
    const Matrix a = random_matrix(atom.a, atom.m * atom.k, largest, random);
    const Matrix b = random_matrix(atom.b, n * atom.k, largest, random);
    Matrix c = random_matrix(atom.c, atom.m * n, 100, random);
    constexpr double top = 2147483647;
    if (atom.saturates)
        for (std::size_t i = 0; i < c.values.size(); ++i) c.set(i, i % 2 ? top : -top - 1);
    const u64 out = machine.upload(Matrix(atom.c, atom.m * n).words);
    CHECK(machine.launch(atom.kernel, {1, 1, 1}, {32, 1, 1}, 0, machine.upload(a.words),
                         machine.upload(b.words), machine.upload(c.words), out));
    CHECK(machine.report_text() == "");
    const auto got = machine.download<u64>(out);
    int wrong = 0;
    for (int i = 0; i < atom.m; ++i)
        for (int j = 0; j < n; ++j) {
            const auto at = static_cast<std::size_t>(i * n + j);
            double sum = c.values[at];
            for (int l = 0; l < atom.k; ++l)
                sum += a.values[static_cast<std::size_t>(i * atom.k + l)] *
                       b.values[static_cast<std::size_t>(j * atom.k + l)];
            if (atom.saturates) sum = std::clamp(sum, -top - 1, top);
            wrong += hone::to_double(atom.c, got.data(), static_cast<std::int64_t>(at)) != sum;
        }
    CHECK(wrong == 0);
}

void check(Machine& machine, const Tile& tile, std::mt19937_64& random) {
    CAPTURE(tile.kernel);
    constexpr int mn = 32, k = 64;
    const Matrix a = random_matrix(DType::f16, mn * k, 5, random);
    const Matrix b = random_matrix(DType::f16, mn * k, 5, random);
    const u64 at_a = machine.upload(a.words), at_b = machine.upload(b.words);
    // The eights of each row that are read: some, all.
    for (const int less : {0, 1, 2}) {
        CAPTURE(less);
        const int valid_a = (tile.a == Order::along_k ? 8 : 4) - less;
        const int valid_b = (tile.b == Order::along_k ? 8 : 4) - less / 2;
        const u64 out = machine.upload(std::vector<float>(mn * mn));
        CHECK(machine.launch(tile.kernel, {1, 1, 1}, {128, 1, 1}, 0, at_a, at_b, out, valid_a,
                             valid_b));
        CHECK(machine.report_text() == "");
        const auto element = [&](const Matrix& matrix, Order order, int valid, int row, int l) {
            if ((order == Order::along_k ? l : row) >= 8 * valid) return 0.0;
            return matrix.values[static_cast<std::size_t>(order == Order::along_k ? row * k + l
                                                                                  : l * mn + row)];
        };
        const auto got = machine.download<float>(out);
        int wrong = 0;
        for (int i = 0; i < mn; ++i)
            for (int j = 0; j < mn; ++j) {
                double sum = 0;
                for (int l = 0; l < k; ++l)
                    sum += element(a, tile.a, valid_a, i, l) * element(b, tile.b, valid_b, j, l);
                wrong += static_cast<double>(got[static_cast<std::size_t>(i * mn + j)]) != sum;
            }
        CHECK(wrong == 0);
        // Swizzled rows are free of conflicts by 16 bytes and by matrices; what is left out on
        // sm_75 is cleared element by element.
        if (less == 0 && std::string_view(tile.kernel).starts_with("tile_"))
            CHECK(machine.totals.bank_conflict_cycles == 0);
    }
}

void check(const hone::cuda::Nvrtc& nvrtc, const std::filesystem::path& include,
           const Target& target) {
    CAPTURE(target.virtual_arch);
    const std::string kernels = std::string(hone::test::source_dir()) + "/tests/emu_cute/kernels";
    hone::Module module;
    module.name = target.tiles.empty() ? "atoms.cu" : "tiles.cu";
    module.source = read_file(kernels + "/" + module.name);
    module.options = {"-DTARGET=" + std::string(target.number), "--include-path=" + kernels,
                      "--include-path=" + include.string(),
                      // Not every function of theirs says that it is a device function.
                      "--device-as-default-execution-space"};
    const hone::CompileResult compiled = hone::cuda::compile(nvrtc, module, target.virtual_arch);
    INFO(compiled.log);
    REQUIRE(compiled.outcome == hone::Outcome::ok);
    Machine machine(
        {reinterpret_cast<const char*>(compiled.binary.bytes.data()), compiled.binary.bytes.size()},
        "cute.ptx");
    std::mt19937_64 random(hone::test::seed());
    for (const Atom& atom : target.atoms) check(machine, atom, random);
    for (const Tile& tile : target.tiles) check(machine, tile, random);
    std::printf("CuTe of CUTLASS %s, %s, %s: %zu products, %zu tiles\n",
                cutlass_version(include).c_str(), nvrtc.identity().c_str(), target.virtual_arch,
                target.atoms.size(), target.tiles.size());
}

// Empty: ready.
std::string lacking(const hone::cuda::Nvrtc& nvrtc, const std::filesystem::path& include) {
    if (!nvrtc.usable()) return "no NVRTC";
    if (include.empty()) return "no CuTe headers: HONE_CUTE_INCLUDE or the package nvidia-cutlass";
    if (nvrtc.toolkit_include().empty()) return "NVRTC without the toolkit's headers";
    return {};
}

} // namespace

TEST_CASE("products of one architecture whose fragments CuTe lays out come out right",
          "[emu][nvrtc]") {
    const auto libraries = hone::Options::from_env().libraries;
    const hone::cuda::Nvrtc nvrtc(libraries.cuda_nvrtc, libraries.python_prefix);
    const auto include = cute_include(libraries.python_prefix);
    if (const std::string lack = lacking(nvrtc, include); !lack.empty()) HONE_SKIP(lack);
    // Which one rotates with the commit, and tiles are left to the night: the headers are large.
    std::vector<Target> products = targets();
    std::erase_if(products, [](const Target& target) { return !target.tiles.empty(); });
    check(nvrtc, include, products[hone::test::seed() % products.size()]);
}

TEST_CASE("products and tiles that CuTe lays out come out right", "[.nightly][emu][nvrtc]") {
    const auto libraries = hone::Options::from_env().libraries;
    const hone::cuda::Nvrtc nvrtc(libraries.cuda_nvrtc, libraries.python_prefix);
    const auto include = cute_include(libraries.python_prefix);
    if (const std::string lack = lacking(nvrtc, include); !lack.empty()) HONE_SKIP(lack);
    for (const Target& target : targets()) {
        DYNAMIC_SECTION((target.tiles.empty() ? "products " : "tiles ") << target.virtual_arch) {
            check(nvrtc, include, target);
        }
    }
}
