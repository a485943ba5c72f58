// An operation with a field of every kind, for tests of the text forms.
#pragma once

#include "hone/error.hpp"
#include "hone/operation.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hone::test {

inline Field field(std::string key, Field::Kind kind, int slot, std::string default_text = {}) {
    Field field;
    field.key = std::move(key);
    field.kind = kind;
    field.slot = slot;
    field.default_text = std::move(default_text);
    return field;
}

// Fields of every kind. The name selects the operation; `pass` may select it in a shared table.
inline Schema fake_schema(const std::string& operation, const std::string& pass) {
    using Kind = Field::Kind;
    Schema schema;
    schema.operation = operation;
    schema.table = "blend";
    schema.selector_key = "pass";
    schema.selector_value = pass;
    schema.fields = {
        field("m", Kind::dim, 0),
        field("n", Kind::dim, 1),
        field("batch", Kind::dim, 2, "1"),
        field("a", Kind::dtype, 0),
        field("b", Kind::dtype, 1),
        field("layout", Kind::choice, 0, "nn"),
        field("causal", Kind::flag, 1, "false"),
        field("window", Kind::integer, 2, "0"),
        field("softcap", Kind::real, 3, "0.0"),
        field("epilogue", Kind::steps, 4, "none"),
        field("lengths.distribution", Kind::choice, 5, "fixed"),
        field("lengths.low", Kind::integer, 6, "1"),
        field("prepared", Kind::name, 0, "none"),
    };
    schema.fields[0].doc = "rows";
    schema.fields[3].choices = {"f32", "bf16", "e4m3"};
    schema.fields[4].default_from = "a";
    schema.fields[4].choices = {"f32", "bf16", "s8"};
    schema.fields[5].choices = {"nn", "nt", "tn", "tt"};
    schema.fields[7].min = -1;
    schema.fields[7].max = 1000;
    schema.fields[9].choices = {"bias", "relu", "silu", "residual"};
    schema.fields[10].choices = {"fixed", "uniform"};
    return schema;
}

class FakeOperation final : public Operation {
  public:
    explicit FakeOperation(Schema schema) : schema_(std::move(schema)) {}

    [[nodiscard]] const Schema& schema() const noexcept override { return schema_; }
    void validate(const Problem& problem) const override {
        if (problem.dims[0] == 13) {
            throw Error(Errc::workload, "m and n do not go together", "change m");
        }
    }
    [[nodiscard]] std::vector<ArgSpec> args(const Problem& /*problem*/) const override {
        return {};
    }
    void make_inputs(const Problem& /*problem*/, Distribution /*distribution*/,
                     std::uint64_t /*seed*/, std::span<const HostTensor> /*args*/) const override {}
    [[nodiscard]] std::vector<ReferenceRows> reference(const Problem& /*problem*/,
                                                       std::span<const HostTensor> /*args*/,
                                                       const RowSelection& /*selection*/,
                                                       Arithmetic /*arithmetic*/) const override {
        return {};
    }
    [[nodiscard]] Work work(const Problem& /*problem*/) const override { return {}; }
    [[nodiscard]] std::int64_t accumulation_length(const Problem& problem) const override {
        return problem.dims[1];
    }
    [[nodiscard]] Problem proxy(const Problem& problem,
                                std::span<const Tile> /*tiles*/) const override {
        return problem;
    }

  private:
    Schema schema_;
};

// "blend" and "blend_backward" share the table blend; "scan" stands alone and needs nothing.
struct FakeOperations {
    FakeOperation blend{fake_schema("blend", "forward")};
    FakeOperation backward{fake_schema("blend_backward", "backward")};
    FakeOperation scan{[] {
        Schema schema;
        schema.operation = "scan";
        schema.fields = {field("length", Field::Kind::dim, 0, "16")};
        return schema;
    }()};
    std::vector<const Operation*> all{&blend, &backward, &scan};
};

} // namespace hone::test
