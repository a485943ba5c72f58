// hone emu as its users meet it. Kernels are PTX, so that no NVRTC is needed.
#include "tests/catch.hpp"
#include "tool.hpp"

namespace {

using namespace tool;

// out[t] = t, `past` elements further.
void write_kernel(const Folder& folder, int past) {
    folder.file("k.ptx", ".version 8.0\n.target sm_80\n.address_size 64\n"
                         ".visible .entry k(.param .u64 out, .param .u32 n)\n{\n"
                         " .reg .b32 %r<4>;\n .reg .b64 %d<4>;\n ld.param.u64 %d0, [out];\n"
                         " mov.u32 %r0, %tid.x;\n mad.wide.u32 %d1, %r0, 4, %d0;\n"
                         " st.global.u32 [%d1+" +
                             std::to_string(4 * past) + "], %r0;\n ret;\n}\n");
    folder.file("k.toml", "[kernel]\nsource = \"k.ptx\"\nname = \"k\"\n"
                          "[launch]\ngrid = [1]\nblock = [4]\n"
                          "[[argument]]\nname = \"out\"\ndtype = \"s32\"\ncount = 4\n"
                          "output = true\nexpect = [0, 1, 2, 3]\n"
                          "[[argument]]\ndtype = \"s32\"\nvalue = 4\n");
}

} // namespace

TEST_CASE("hone emu runs a kernel under all checks and compares what it wrote", "[cli]") {
    Tool hone;
    Folder folder;
    const Arguments arguments{"emu", (folder / "k.toml").string(), "--format", "json"};
    SECTION("a kernel that is right") {
        write_kernel(folder, 0);
        const Result result = hone(arguments);
        CAPTURE(result.out, result.err);
        REQUIRE(result.code == 0);
        const auto json = result.json();
        CHECK(json["schema"] == "hone.emu/1");
        CHECK(json["kernel"] == "k");
        CHECK(json["outcome"] == "ok");
        CHECK(json["reports"].empty());
        CHECK(json["counts"]["warp_instructions"] == 5);
        CHECK(json["counts"]["sectors"] == 1);
    }
    SECTION("one that writes past its output") {
        write_kernel(folder, 1);
        const Result result = hone(arguments);
        CAPTURE(result.out, result.err);
        REQUIRE(result.code == 6);
        const auto reports = result.json()["reports"];
        REQUIRE(reports.size() == 2); // the stray write, and what it left unwritten
        CHECK(reports[0]["rule"] == "out_of_bounds");
        CHECK(reports[0]["file"] == (folder / "k.ptx").string());
        CHECK(reports[0]["line"] == 11);
        CHECK(reports[1]["rule"] == "wrong_result");
    }
    SECTION("a file with an unknown key") {
        write_kernel(folder, 0);
        folder.file("k.toml", "[kernel]\nsorce = \"k.ptx\"\n[launch]\n");
        const Result result = hone(arguments);
        CHECK(result.code == 3);
        CHECK(result.err.find("k.toml:2:") != std::string::npos);
        CHECK(result.err.find("source") != std::string::npos);
    }
}

TEST_CASE("a search on an emulated device ends with a winner", "[cli]") {
    Tool hone;
    const Result result = hone({"tune", "gemm m=16 n=16 k=16 a=f32", "--device", "emu:sm_80",
                                "--family", "gemm_simt", "--budget", "2t", "--format", "json"});
    INFO(result.err);
    if (result.code == 4) HONE_SKIP("no NVRTC");
    REQUIRE(result.code == 0);
    CHECK(result.json()["results"][0]["family"] == "gemm_simt");
}
