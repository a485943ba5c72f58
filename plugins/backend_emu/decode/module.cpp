#include "decode/module.hpp"

#include "decode/decoder.hpp"
#include "decode/table.hpp"
#include "decode/undefined.hpp"
#include "mem/windows.hpp"
#include "ptx/error.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

namespace hone::emu {
namespace {

u32 aligned(u32 at, u32 align) { return (at + align - 1) / align * align; }

// Functions a kernel can reach, itself first.
std::vector<const ptx::Function*> reachable(const ptx::Module& module, const ptx::Function& entry) {
    std::vector<const ptx::Function*> found{&entry};
    const auto add = [&](std::string_view name) {
        const ptx::Function* callee = module.function(name);
        if (callee && std::find(found.begin(), found.end(), callee) == found.end())
            found.push_back(callee);
    };
    for (std::size_t i = 0; i < found.size(); ++i)
        for (const ptx::Instruction& instruction : found[i]->body) {
            bool named = false;
            for (const ptx::Operand& operand : instruction.operands) {
                if (operand.kind != ptx::Operand::Kind::function) continue;
                named = true;
                add(operand.name);
            }
            if (instruction.opcode != "call" || named) continue;
            for (const auto& variable : module.variables) // tables of functions
                for (const ptx::Variable::Address& address : variable->addresses)
                    add(address.symbol);
        }
    return found;
}

// 0 where there is none of that name.
u64 address_of(const ptx::Module& module, std::string_view function) {
    for (std::size_t i = 0; i < module.functions.size(); ++i)
        if (module.functions[i]->name == function) return function_window + 16 * (i + 1);
    return 0;
}

// "gemm(float*)::tile" of a mangled name; the name itself when it is none.
std::string readable(const std::string& name) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(
        abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
    return status == 0 && text ? std::string(text.get()) : name;
}

void visit_shared(const ptx::Operand& operand, std::set<const ptx::Variable*>& found) {
    if (operand.variable && operand.variable->space == ptx::Space::shared)
        found.insert(operand.variable);
    for (const ptx::Operand& element : operand.elements) visit_shared(element, found);
}

// Decodes the functions of one kernel.
class KernelDecoder final : public Symbols {
  public:
    KernelDecoder(const ptx::Module& module, const std::map<const ptx::Variable*, u64>& addresses,
                  const ptx::Function& entry)
        : module_(module), addresses_(addresses), kernel_(std::make_unique<KernelCode>()) {
        functions_ = reachable(module, entry);
        lay_out_shared();
        u32 at = 0;
        for (const auto& param : entry.params) {
            at = aligned(at, std::max(1u, param->align));
            kernel_->param_offsets[param.get()] = at;
            at += static_cast<u32>(param->bytes);
        }
        kernel_->param_bytes = at;
    }

    std::unique_ptr<KernelCode> run() {
        for (const ptx::Function* function : functions_) {
            auto code = std::make_unique<Code>();
            code->name = function->name;
            code->module = &module_;
            code->function = function;
            kernel_->functions.push_back(std::move(code));
        }
        for (const auto& code : kernel_->functions) lay_out_variables(*code);
        for (const auto& code : kernel_->functions) decode(*code);
        kernel_->entry = kernel_->functions.front().get();
        return std::move(kernel_);
    }

    u64 global_address(const ptx::Variable& variable) const override {
        return addresses_.at(&variable);
    }
    u32 shared_offset(const ptx::Variable& variable) const override {
        return shared_.at(&variable);
    }
    u32 param_offset(const ptx::Variable& variable) const override {
        return kernel_->param_offsets.at(&variable);
    }
    u64 function_address(std::string_view name) const override { return address_of(module_, name); }
    std::vector<const Code*> functions() const override {
        std::vector<const Code*> found;
        for (const auto& code : kernel_->functions)
            if (!code->function->is_entry && code->function->defined) found.push_back(code.get());
        return found;
    }
    const Code* function(std::string_view name) override {
        for (const auto& code : kernel_->functions)
            if (code->name == name && code->function->defined) return code.get();
        return nullptr;
    }

  private:
    void lay_out_shared() {
        std::set<const ptx::Variable*> used;
        for (const ptx::Function* function : functions_)
            for (const ptx::Instruction& instruction : function->body)
                for (const ptx::Operand& operand : instruction.operands)
                    visit_shared(operand, used);
        // In the order of the text.
        std::vector<const ptx::Variable*> variables(used.begin(), used.end());
        std::sort(variables.begin(), variables.end(),
                  [](const auto* a, const auto* b) { return a->line < b->line; });
        // Each starts at the same place inside a row of banks as on a device, a red zone away from
        // the one before it.
        constexpr u32 red_zone = 128;
        u32 real = 0, gaps = 0, dynamic_align = 16;
        for (const ptx::Variable* variable : variables) {
            if (variable->is_extern) {
                dynamic_align = std::max(dynamic_align, variable->align);
                continue;
            }
            real = aligned(real, variable->align);
            u32 at = shared_base + real + gaps;
            at = aligned(at, variable->align);
            gaps = at - shared_base - real;
            shared_[variable] = at;
            kernel_->shared.push_back(
                {readable(variable->name), at, static_cast<u32>(variable->bytes)});
            real += static_cast<u32>(variable->bytes);
            gaps += std::max(red_zone, aligned(red_zone, variable->align));
        }
        kernel_->static_shared_bytes = real;
        const u32 align = std::max(128u, dynamic_align);
        kernel_->dynamic_shared_at =
            kernel_->shared.empty()
                ? aligned(shared_base, align)
                : aligned(shared_base + real + gaps, align) + aligned(real, dynamic_align) % 128;
        for (const ptx::Variable* variable : variables)
            if (variable->is_extern) shared_[variable] = kernel_->dynamic_shared_at;
    }

    static void lay_out_variables(Code& code) {
        const ptx::Function& function = *code.function;
        const auto place = [&](const ptx::Variable& variable, u32& end) {
            end = aligned(end, std::max(1u, variable.align));
            code.offsets[&variable] = end;
            end += static_cast<u32>(variable.bytes);
        };
        if (!function.is_entry) {
            for (const auto& variable : function.params) place(*variable, code.param_bytes);
            for (const auto& variable : function.returns) place(*variable, code.param_bytes);
        }
        for (const auto& variable : function.variables) {
            if (variable->space == ptx::Space::param) place(*variable, code.param_bytes);
            if (variable->space == ptx::Space::local) place(*variable, code.local_bytes);
        }
        code.param_bytes = aligned(code.param_bytes, 16);
    }

    void decode(Code& code) {
        FrameLayout layout(code, *this);
        for (const ptx::Instruction& parsed : code.function->body) {
            Decoder decoder(layout, parsed);
            decode_instruction(decoder);
            decoder.finish();
            code.insts.push_back(decoder.inst);
        }
        follow_undefined(code, layout);
        // Running off the end is a return.
        Inst last;
        last.flow = Flow::ret;
        last.line = code.insts.empty() ? code.function->line : code.insts.back().line;
        code.insts.push_back(last);
        layout.finish();
    }

    static void follow_undefined(Code& code, FrameLayout& layout) {
        std::map<s32, u32> masks; // of registers
        const auto mask_of = [&](s32 reg) {
            const auto [at, is_new] = masks.try_emplace(reg, 0);
            if (is_new) {
                at->second = layout.lane_mask();
                code.followed_registers.push_back(at->second);
            }
            return at->second;
        };
        const std::vector<RegisterUse> uses = undefined_registers(*code.function);
        for (u32 i = 0; i < uses.size(); ++i) {
            if (uses[i].empty()) continue;
            Code::Followed& followed = code.followed[i];
            code.insts[i].flags |= inst_flag::followed;
            const s32 guard = code.function->body[i].guard;
            for (const s32 reg : uses[i].reads) followed.reads.push_back(mask_of(reg));
            for (const s32 reg : uses[i].writes) followed.writes.push_back(mask_of(reg));
            for (const s32 reg : uses[i].decides)
                if (reg == guard)
                    followed.guard = mask_of(reg);
                else
                    followed.decides.push_back(mask_of(reg));
        }
    }

    const ptx::Module& module_;
    const std::map<const ptx::Variable*, u64>& addresses_;
    std::vector<const ptx::Function*> functions_;
    std::unique_ptr<KernelCode> kernel_;
    std::map<const ptx::Variable*, u32> shared_;
};

} // namespace

Module::Module(std::string ptx, std::string file, AddressSpace& memory)
    : memory_(memory), parsed_(ptx::parse(std::move(ptx), std::move(file))) {
    allocate_variables();
}

Module::~Module() {
    for (const auto& entry : addresses_) memory_.release(entry.second);
}

void Module::allocate_variables() {
    const auto needs_memory = [](const ptx::Variable& variable) {
        return variable.space == ptx::Space::global || variable.space == ptx::Space::constant;
    };
    std::vector<const ptx::Variable*> variables;
    for (const auto& variable : parsed_->variables) variables.push_back(variable.get());
    for (const auto& function : parsed_->functions) // those of a function's body
        for (const auto& variable : function->variables) variables.push_back(variable.get());
    std::erase_if(variables, [&](const ptx::Variable* v) { return !needs_memory(*v); });

    for (const ptx::Variable* variable : variables)
        addresses_[variable] =
            memory_.allocate(variable->bytes, variable->name, std::max(256u, variable->align)).base;
    for (const ptx::Variable* variable : variables) {
        Allocation& memory = *memory_.find(addresses_[variable], 0 + (variable->bytes > 0));
        std::copy_n(variable->init.data(), variable->init.size(),
                    reinterpret_cast<u8*>(memory.data));
        memory.read_only = variable->space == ptx::Space::constant;
        for (const ptx::Variable::Address& address : variable->addresses) {
            const ptx::Variable* target = nullptr;
            for (const ptx::Variable* candidate : variables)
                if (candidate->name == address.symbol) target = candidate;
            const u64 function = target ? 0 : address_of(*parsed_, address.symbol);
            if (!target && !function)
                ptx::fail(parsed_->file, address.line,
                          "the initialiser names " + address.symbol + ", no variable in memory");
            const u64 value =
                function ? function : addresses_[target] + static_cast<u64>(address.addend);
            std::memcpy(memory.data + address.offset, &value, sizeof value);
        }
    }
}

std::vector<std::string> Module::kernels() const {
    std::vector<std::string> names;
    for (const auto& function : parsed_->functions)
        if (function->is_entry) names.push_back(function->name);
    return names;
}

u64 Module::variable(const std::string& name) const {
    for (const auto& [variable, address] : addresses_)
        if (variable->name == name) return address;
    return 0;
}

std::unique_ptr<KernelCode> Module::kernel(const std::string& name) const {
    const ptx::Function* entry = parsed_->function(name);
    if (!entry || !entry->is_entry) {
        std::string hint = "it has";
        for (const std::string& known : kernels()) hint += ' ' + known;
        throw Error(Errc::workload, parsed_->file + ": no kernel " + name, hint);
    }
    return KernelDecoder(*parsed_, addresses_, *entry).run();
}

} // namespace hone::emu
