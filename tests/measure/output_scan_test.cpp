#include "lib/measure/output_scan.hpp"
#include "tests/catch.hpp"
#include "tests/measure/results.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace hone;
using test::set_element;

namespace {

struct Output {
    ArgSpec spec;
    std::vector<std::byte> bytes;

    Output(DType dtype, std::vector<std::int64_t> shape, std::vector<std::int64_t> strides) {
        spec.dtype = dtype;
        spec.rank = static_cast<int>(shape.size());
        std::copy(shape.begin(), shape.end(), spec.shape.begin());
        std::copy(strides.begin(), strides.end(), spec.strides.begin());
        bytes.assign(static_cast<std::size_t>(spec.storage_bytes()), output_poison);
    }
    [[nodiscard]] HostTensor tensor() { return {spec, bytes.data()}; }
    void fill(double value) {
        for (std::int64_t row = 0; row < row_count(spec); ++row)
            for (std::int64_t column = 0; column < row_of(spec, row).length; ++column)
                set_element(tensor(), row, column, value);
    }
};

const HostTensor no_input;

} // namespace

TEST_CASE("elements that were never written are found in every floating type", "[measure]") {
    for (const DType dtype :
         {DType::f64, DType::f32, DType::tf32, DType::f16, DType::bf16, DType::e4m3, DType::e5m2}) {
        CAPTURE(to_string(dtype));
        Output output(dtype, {3, 5}, {8, 1});
        auto found = first_nan(output.tensor());
        REQUIRE(found);
        CHECK(found->row == 0);
        CHECK(found->column == 0);

        // The largest codes that are numbers, signs aside.
        output.fill(-std::numeric_limits<double>::infinity());
        CHECK_FALSE(first_nan(output.tensor()));

        set_element(output.tensor(), 2, 3, std::nan(""));
        found = first_nan(output.tensor());
        REQUIRE(found);
        CHECK(found->row == 2);
        CHECK(found->column == 3);
    }
    Output integers(DType::s32, {2, 2}, {2, 1});
    CHECK_FALSE(first_nan(integers.tensor())); // no code of theirs is no number
}

TEST_CASE("writes between rows are found, the rows themselves are not looked at", "[measure]") {
    Output output(DType::f32, {2, 3, 5}, {40, 8, 1}); // also a gap between the matrices
    CHECK_FALSE(first_stray(output.tensor(), no_input));
    output.fill(1);
    CHECK_FALSE(first_stray(output.tensor(), no_input));

    for (const std::size_t element : {5, 7, 13, 21, 39, 45}) {
        CAPTURE(element);
        Output stray = output;
        stray.bytes[element * 4 + 1] = std::byte{0};
        const auto found = first_stray(stray.tensor(), no_input);
        REQUIRE(found);
        const Row row = row_of(stray.spec, found->row);
        CHECK(row.offset + found->column == static_cast<std::int64_t>(element));
    }

    // An inout tensor's padding holds what was there before.
    Output before(DType::f32, {2, 3, 5}, {40, 8, 1});
    before.bytes.assign(before.bytes.size(), std::byte{7});
    CHECK(first_stray(output.tensor(), before.tensor()));
    output.bytes = before.bytes;
    output.fill(2);
    CHECK_FALSE(first_stray(output.tensor(), before.tensor()));
}

TEST_CASE("packed outputs have no padding", "[measure]") {
    Output output(DType::bf16, {4, 6}, {6, 1});
    output.fill(1);
    CHECK_FALSE(first_stray(output.tensor(), no_input));
}
