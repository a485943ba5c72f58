#include "device_model.hpp"
#include "hone/known_gpus.hpp"
#include "tests/backend_cuda/stub.hpp"
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"

#include <filesystem>
#include <functional>
#include <string>

using namespace hone;
using cuda_test::stub_libraries;

namespace {

Errc code_of(const std::function<void()>& call, std::string& what) {
    try {
        call();
    } catch (const Error& error) {
        what = error.what();
        return error.code();
    }
    what = "no error";
    return Errc::internal;
}

bool mentions(const std::vector<std::string>& lines, const std::string& text) {
    for (const std::string& line : lines)
        if (line.find(text) != std::string::npos) return true;
    return false;
}

} // namespace

TEST_CASE("a card that is what the data sheet says has the shipped model", "[backend_cuda]") {
    const cuda::CudaBackend backend(stub_libraries());
    const auto devices = backend.devices("");
    REQUIRE(devices.size() == 1);
    CHECK(devices[0].id == "cuda:0");
    CHECK(canonical_text(devices[0].model) == canonical_text(*known_gpu("A100-SXM4-80GB")));
}

TEST_CASE("device specs name cards, several or one", "[backend_cuda]") {
    const cuda::CudaBackend backend(stub_libraries("devices=2"));
    CHECK(backend.devices("").size() == 2);
    REQUIRE(backend.devices("1").size() == 1);
    CHECK(backend.devices("1")[0].ordinal == 1);
    CHECK(backend.devices("0:shared")[0].id == "cuda:0:shared");
    CHECK(backend.devices("shared").size() == 2);
    std::string what;
    for (const char* spec : {"2", "x", "-1", "1x", ":", "0:mine"}) {
        INFO(spec);
        CHECK(code_of([&] { (void)backend.devices(spec); }, what) == Errc::unavailable);
    }
}

TEST_CASE("memory, bandwidth, names and architectures fall into their buckets", "[backend_cuda]") {
    constexpr std::uint64_t mib = 1 << 20;
    // What nvidia-smi shows of a T4 with ECC, an L4, A100s, H100s, an H200, a B200.
    CHECK(cuda::memory_class_gib(15109 * mib) == 16);
    CHECK(cuda::memory_class_gib(15360 * mib) == 16);
    CHECK(cuda::memory_class_gib(23034 * mib) == 24);
    CHECK(cuda::memory_class_gib(40536 * mib) == 40);
    CHECK(cuda::memory_class_gib(81559 * mib) == 80);
    CHECK(cuda::memory_class_gib(95830 * mib) == 94);
    CHECK(cuda::memory_class_gib(97871 * mib) == 96);
    CHECK(cuda::memory_class_gib(143771 * mib) == 141);
    CHECK(cuda::memory_class_gib(183359 * mib) == 180);
    CHECK(cuda::bandwidth_class(2039.04) == 2000);
    CHECK(cuda::bandwidth_class(933.1) == 930);
    CHECK(cuda::bandwidth_class(0) == 0);
    CHECK(cuda::plain_name("Tesla T4") == "T4");
    CHECK(cuda::plain_name("NVIDIA GeForce RTX 4090") == "GeForce RTX 4090");
    CHECK(cuda::plain_name("NVIDIA A100-SXM4-40GB MIG 3g.20gb") == "A100-SXM4-40GB");
    CHECK(cuda::arch_of(8, 6) == "sm_86");
    CHECK(cuda::arch_of(9, 0) == "sm_90a");
    CHECK(cuda::arch_of(12, 0) == "sm_120a");
}

TEST_CASE("whatever is missing of NVIDIA's libraries is named, and nothing breaks",
          "[backend_cuda]") {
    const cuda::CudaBackend none(cuda_test::no_libraries());
    CHECK(none.devices("").empty());
    CHECK(none.compiler_identity() == "none");
    CHECK(mentions(none.missing(), "no NVIDIA driver"));
    CHECK(mentions(none.missing(), "no NVRTC"));
    CHECK(mentions(none.missing(), "no NVML"));
    std::string what;
    CHECK(code_of([&] { (void)none.devices("0"); }, what) == Errc::unavailable);
    CHECK(code_of([&] { (void)none.compile({}, {}); }, what) == Errc::unavailable);

    NamedLibraries paths = stub_libraries();
    paths.cuda_driver = cuda_test::stub_library("old");
    const cuda::CudaBackend old(paths);
    CHECK(old.devices("").empty());
    CHECK(mentions(old.missing(), "(CUDA 9.1)"));
    CHECK(mentions(old.missing(), "has no cuLaunchKernel"));

    paths = stub_libraries("devices=0");
    CHECK(mentions(cuda::CudaBackend(paths).missing(), "finds no device"));
    CHECK(
        mentions(cuda::CudaBackend(stub_libraries("init=100")).missing(), "CUDA_ERROR_NO_DEVICE"));
    CHECK(mentions(cuda::CudaBackend(stub_libraries("driver=12040")).missing(),
                   "older than nvrtc 13.0"));
    CHECK(cuda::CudaBackend(stub_libraries()).missing().empty());
}

TEST_CASE("NVRTC is found in the wheels of the Python environment that is active",
          "[backend_cuda]") {
    const tool::Folder prefix;
    for (const char* place : {"lib/python3.11/site-packages/nvidia/cu13/lib",
                              "lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib"}) {
        const std::filesystem::path folder = prefix.path() / place;
        std::filesystem::create_directories(folder);
        std::filesystem::copy_file(cuda_test::stub_library("nvrtc"), folder / "libnvrtc.so.13");
        const cuda::Nvrtc nvrtc({}, prefix.path().string());
        CHECK(nvrtc.usable());
        CHECK(nvrtc.path() == (folder / "libnvrtc.so.13").string());
        std::filesystem::remove_all(folder);
    }
}

TEST_CASE("a card that others compute on is refused unless it is said to be shared",
          "[backend_cuda]") {
    std::string what;
    for (const char* settings : {"process=4711", "mps=1"}) {
        const cuda::CudaBackend backend(stub_libraries(settings));
        const Device alone = backend.devices("0")[0], shared = backend.devices("0:shared")[0];
        CHECK(code_of([&] { (void)backend.open(alone, {}); }, what) == Errc::unavailable);
        CHECK(what.find(settings[0] == 'p' ? "process 4711" : "MPS") != std::string::npos);
        CHECK(backend.open(shared, {}) != nullptr);
    }
}

TEST_CASE("a card that cannot be opened is unavailable or lost", "[backend_cuda]") {
    std::string what;
    for (const auto& [settings, code] :
         {std::pair{"retain=2", Errc::unavailable}, std::pair{"retain=46", Errc::device_lost},
          std::pair{"retain=214", Errc::device_lost}}) {
        const cuda::CudaBackend backend(stub_libraries(settings));
        CHECK(code_of([&] { (void)backend.open(backend.devices("0")[0], {}); }, what) == code);
    }
}
