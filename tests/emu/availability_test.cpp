// Instructions and modules for devices that lack them.
#include "decode/availability.hpp"
#include "hone/error.hpp"
#include "machine.hpp"
#include "tests/catch.hpp"

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

// What is said of a kernel for `target` with one instruction; empty: it is taken.
std::string said(const std::string& target, const std::string& instruction) {
    const std::string ptx = ".version 8.7\n.target " + target +
                            "\n.address_size 64\n.visible .entry k(.param .u64 p)\n{\n"
                            " .reg .pred %p<2>;\n .reg .b16 %h<4>;\n .reg .b32 %r<8>;\n"
                            " .reg .f32 %f<8>;\n .reg .b64 %d<4>;\n " +
                            instruction + "\n ret;\n}\n";
    AddressSpace memory;
    const Module module(ptx, "k.ptx", memory);
    try {
        (void)module.kernel("k");
        return {};
    } catch (const hone::Error& error) {
        return error.what();
    }
}

} // namespace

TEST_CASE("an instruction that the target lacks is refused with its line", "[emu]") {
    struct Case {
        const char* instruction;
        const char* first; // target that has it
        const char* last;  // newest that does not
    };
    for (const auto& [instruction, first, last] : std::initializer_list<Case>{
             {"cp.async.ca.shared.global [%r0], [%d0], 4;", "sm_80", "sm_75"},
             {"redux.sync.add.s32 %r0, %r1, %r2;", "sm_80", "sm_75"},
             {"cvt.rn.bf16x2.f32 %r0, %f0, %f1;", "sm_80", "sm_75"},
             {"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f0, %f1, %f2, %f3}, "
              "{%r0, %r1, %r2, %r3}, {%r4, %r5}, {%f0, %f1, %f2, %f3};",
              "sm_80", "sm_75"},
             {"mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%f0, %f1, %f2, %f3}, "
              "{%r0, %r1}, {%r4}, {%f0, %f1, %f2, %f3};",
              "sm_80", "sm_75"},
             {"mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e5m2.f32 {%f0, %f1, %f2, %f3}, "
              "{%r0, %r1, %r2, %r3}, {%r4, %r5}, {%f0, %f1, %f2, %f3};",
              "sm_89", "sm_86"},
             {"cvt.rn.satfinite.e4m3x2.f32 %h0, %f0, %f1;", "sm_89", "sm_86"},
             {"add.rn.bf16 %h0, %h1, %h2;", "sm_90", "sm_89"},
             {"stmatrix.sync.aligned.m8n8.x1.shared.b16 [%r0], {%r1};", "sm_90", "sm_89"},
         }) {
        CAPTURE(instruction);
        CHECK(said(first, instruction) == "");
        CHECK(said("sm_120", instruction) == "");
        const std::string refusal = said(last, instruction);
        CHECK_THAT(refusal, Catch::Contains("k.ptx:11: "));
        CHECK_THAT(refusal, Catch::Contains("needs " + std::string(first)));
    }
}

TEST_CASE("what every emulated architecture has is taken", "[emu]") {
    CHECK(said("sm_75", "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r0}, [%r1];") == "");
    CHECK(said("sm_75", "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%f0, %f1, %f2, %f3}, "
                        "{%r0, %r1}, {%r4}, {%f0, %f1, %f2, %f3};") == "");
}

TEST_CASE("code runs on its target and on newer devices", "[emu]") {
    CHECK(runs_on("sm_80", "sm_80"));
    CHECK(runs_on("sm_75", "sm_120"));
    CHECK_FALSE(runs_on("sm_86", "sm_80"));
    CHECK(runs_on("sm_90a", "sm_90a"));
    CHECK_FALSE(runs_on("sm_90a", "sm_120"));
}
