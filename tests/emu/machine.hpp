// A small driver for tests: memory, a module from a file or a text, launches.
#pragma once

#include "decode/module.hpp"
#include "exec/grid.hpp"
#include "report/report.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hone::emu::test {

[[nodiscard]] inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}
[[nodiscard]] inline std::string golden_ptx(const std::string& name) {
    return read_file(std::filesystem::path(HONE_EMU_TESTS) / "ptx" / (name + ".ptx"));
}

class Machine {
  public:
    explicit Machine(std::string ptx, std::string name = "test.ptx")
        : module_(std::make_unique<Module>(std::move(ptx), std::move(name), memory)) {}

    template <class T> u64 upload(std::span<const T> values, std::string name = "buffer") {
        Allocation& made = memory.allocate(values.size_bytes(), std::move(name));
        if (!values.empty()) std::memcpy(made.data, values.data(), values.size_bytes());
        return made.base;
    }
    template <class T> u64 upload(const std::vector<T>& values, std::string name = "buffer") {
        return upload(std::span<const T>(values), std::move(name));
    }
    template <class T> [[nodiscard]] std::vector<T> download(u64 base) {
        const Allocation& from = memory.allocations().at(base);
        std::vector<T> values(from.bytes / sizeof(T));
        if (!values.empty()) std::memcpy(values.data(), from.data, values.size() * sizeof(T));
        return values;
    }

    // Arguments in order, each aligned to its size. True: ran to its end.
    template <class... Args>
    bool launch(const std::string& kernel, std::array<u32, 3> grid, std::array<u32, 3> block,
                u32 dynamic_shared, Args... args) {
        std::vector<std::byte> params;
        (append(params, args), ...);
        return launch_with(kernel, grid, block, dynamic_shared, std::move(params));
    }
    bool launch_with(const std::string& kernel, std::array<u32, 3> grid, std::array<u32, 3> block,
                     u32 dynamic_shared, std::vector<std::byte> params) {
        if (!code_ || code_->entry->name != kernel) code_ = module_->kernel(kernel);
        Launch launch{code_.get(), grid, block, dynamic_shared, std::move(params)};
        reports = {};
        Grid run(memory, launch, options, reports);
        const bool done = run.run();
        totals = run.totals();
        executed_lines.clear();
        for (std::size_t i = 0; i < code_->entry->insts.size(); ++i)
            if (run.counts(*code_->entry)[i].executed)
                executed_lines.insert(code_->entry->insts[i].line);
        return done;
    }
    [[nodiscard]] std::string report_text() const {
        std::string text;
        for (const Report& report : reports.sorted())
            text += std::string(to_string(report.rule)) + " " + report.file + ":" +
                    std::to_string(report.line) + " x" + std::to_string(report.count) + ": " +
                    report.message + "\n";
        return text;
    }

    AddressSpace memory;
    Options options;
    Reports reports;
    Totals totals;
    std::set<u32> executed_lines; // of the PTX

  private:
    template <class T> static void append(std::vector<std::byte>& params, const T& value) {
        params.resize((params.size() + sizeof(T) - 1) / sizeof(T) * sizeof(T));
        const auto* bytes = reinterpret_cast<const std::byte*>(&value);
        params.insert(params.end(), bytes, bytes + sizeof(T));
    }
    std::unique_ptr<Module> module_;
    std::unique_ptr<KernelCode> code_;
};

} // namespace hone::emu::test
