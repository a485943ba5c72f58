// One entry of a workload while its keys are being read, from a problem text or a table.
#pragma once

#include "hone/workload.hpp"
#include "lib/op/written.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

class Item {
  public:
    explicit Item(const Operation& operation);

    // Sets a field of the problem, or name, weight, max_error, numeric_class (any, deterministic,
    // batch_invariant, same_as:DIGEST) or workspace_limit.
    [[nodiscard]] std::optional<Complaint> set(const std::string& key, const Written& value);

    // What to say of a key that set() does not know.
    [[nodiscard]] std::optional<Complaint> unknown(const std::string& key) const;

    // Fills in defaults and checks the whole problem.
    [[nodiscard]] std::optional<Complaint> finish();

    [[nodiscard]] const WorkloadItem& item() const noexcept { return item_; }

  private:
    [[nodiscard]] std::vector<std::string> keys() const;
    [[nodiscard]] std::optional<Complaint> set_contract(const std::string& key,
                                                        const Written& value);
    [[nodiscard]] std::optional<Complaint> fill_in(const Field& field);

    const Schema* schema_;
    WorkloadItem item_;
    std::vector<std::string> given_;
};

// Whether a key may be given a list, one problem per value: all but name and weight.
[[nodiscard]] bool may_be_list(std::string_view key);

} // namespace hone
