// Findings of a launch, each kind once per instruction.
#pragma once

#include "exec/code.hpp"
#include "report/rule.hpp"

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace hone::emu {

struct Report {
    Rule rule = Rule::trap;
    std::string message;
    std::string file; // of the CUDA source where the PTX says so, else of the PTX
    int line = 0;
    s64 count = 1;
    int ptx_line = 0;
};

// file and line of an instruction: the source line, with where it was inlined in `inlined`.
struct Place {
    std::string file;
    int line = 0;
    int ptx_line = 0;
    std::string inlined; // ", inlined at FILE:LINE" or empty
};
[[nodiscard]] Place place_of(const Code& code, const Inst& inst);

class Reports {
  public:
    // `message` is asked for only when the finding is new.
    void add(Rule rule, const Code& code, const Inst& inst,
             const std::function<std::string()>& message);
    void add(Rule rule, std::string message); // of no instruction

    [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
    [[nodiscard]] bool has(Rule rule) const noexcept;
    // In the order of the program text.
    [[nodiscard]] std::vector<Report> sorted() const;

  private:
    std::map<std::tuple<Rule, const Code*, const Inst*>, Report> found_;
    std::vector<Report> unplaced_;
};

} // namespace hone::emu
