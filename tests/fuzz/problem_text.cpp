// Any bytes as a problem text: either an Error with a place, or a problem whose canonical and short
// texts read back equal.

#include "hone/error.hpp"
#include "hone/grouped_gemm.hpp"
#include "hone/workload.hpp"
#include "tests/text/fake_operation.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
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
    WorkloadItem item;
    try {
        item = parse_problem(text, operations);
    } catch (const Error& error) {
        const bool placed = std::string_view(error.what()).find("column ") != std::string::npos;
        if (error.code() != Errc::workload || !placed) std::abort();
        return 0;
    }
    const Schema& schema = item.operation->schema();
    const std::string canonical = canonical_text(schema, item.problem);
    const WorkloadItem again = parse_problem(canonical, operations);
    if (again.problem != item.problem) std::abort();
    if (canonical_text(schema, again.problem) != canonical) std::abort();
    if (parse_problem(short_text(schema, item.problem), operations).problem != item.problem) {
        std::abort();
    }
    return 0;
}
