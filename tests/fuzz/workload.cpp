// Any bytes as a workload file: either an Error with file:line:col, or problems whose canonical
// texts read back equal.

#include "hone/workload.hpp"

#include "hone/error.hpp"
#include "hone/grouped_gemm.hpp"
#include "tests/text/fake_operation.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace hone;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test::FakeOperations fakes;
    static const std::vector<const Operation*> operations = [] {
        std::vector<const Operation*> all = fakes.all;
        for (const Operation* operation :
             {&gemm_operation(), &attention_operation(), &attention_backward_operation(),
              &grouped_gemm_operation()}) {
            all.push_back(operation);
        }
        return all;
    }();
    const std::string text(reinterpret_cast<const char*>(data), size);
    Workload workload;
    try {
        workload = parse_workload(text, "w.toml", operations);
    } catch (const Error& error) {
        unsigned line = 0;
        unsigned column = 0;
        const bool placed = std::sscanf(error.what(), "w.toml:%u:%u:", &line, &column) == 2;
        if (error.code() != Errc::workload || !placed || line == 0 || column == 0) std::abort();
        return 0;
    }
    if (workload.items.empty()) std::abort();
    for (const WorkloadItem& item : workload.items) {
        const std::string canonical = canonical_text(item.operation->schema(), item.problem);
        if (parse_problem(canonical, operations).problem != item.problem) std::abort();
    }
    return 0;
}
