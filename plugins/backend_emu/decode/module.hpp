// A loaded PTX module.
#pragma once

#include "exec/launch.hpp"
#include "mem/address_space.hpp"

#include <memory>
#include <string>

namespace hone::emu {

class Module {
  public:
    // Parses the text and allocates its variables. Throws Error(workload) with "FILE:LINE: ...".
    // `memory` must outlive the module.
    Module(std::string ptx, std::string file, AddressSpace& memory);
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    // Decodes a kernel and what it calls. Throws Error(workload) when there is none of that name,
    // or for an instruction that is not known, naming its line and opcode.
    [[nodiscard]] std::unique_ptr<KernelCode> kernel(const std::string& name) const;
    [[nodiscard]] std::vector<std::string> kernels() const;
    // Address of a .global or .const variable; 0: none.
    [[nodiscard]] u64 variable(const std::string& name) const;
    [[nodiscard]] const ptx::Module& parsed() const noexcept { return *parsed_; }

  private:
    void allocate_variables();

    AddressSpace& memory_;
    std::unique_ptr<ptx::Module> parsed_;
    std::map<const ptx::Variable*, u64> addresses_;
};

} // namespace hone::emu
