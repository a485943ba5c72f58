#include "ptx/ast.hpp"
#include "ptx/cursor.hpp"
#include "ptx/declaration.hpp"
#include "ptx/function_parser.hpp"

#include <algorithm>
#include <array>

namespace hone::emu::ptx {
namespace {

class ModuleParser {
  public:
    ModuleParser(Module& module, Cursor& in) : module_(module), in_(in) {}

    void run() {
        while (!in_.at_end()) directive();
        if (module_.version_major == 0) in_.fail_here("no .version: this is no PTX");
    }

  private:
    void directive() {
        const Token& token = in_.peek();
        if (token.kind != Token::Kind::dot_word) in_.unexpected("a directive");
        in_.take();
        const std::string_view name = token.text;
        if (name == "version") return version();
        if (name == "target") return target();
        if (name == "address_size") {
            if (in_.integer() != 64) in_.fail_here("only 64-bit addresses are supported");
            return;
        }
        if (name == "file") return file();
        if (name == "loc") return FunctionParser::skip_loc(in_);
        if (name == "section") return section();
        if (name == "pragma") {
            in_.take();
            return in_.expect(';');
        }
        if (name == "visible" || name == "weak" || name == "common") return directive();
        if (name == "extern") {
            external_ = true;
            directive();
            external_ = false;
            return;
        }
        if (name == "entry" || name == "func") return function(name == "entry");
        if (const auto space = space_name(name);
            space && *space != Space::param && *space != Space::local)
            return variables(*space);
        fail(module_.file, token.line, "unknown directive ." + std::string(name));
    }

    void version() {
        const Token& token = in_.take();
        const std::size_t dot = token.text.find('.');
        if (token.kind != Token::Kind::f64 || dot == std::string_view::npos)
            in_.fail_here("malformed .version");
        module_.version_major = std::atoi(std::string(token.text.substr(0, dot)).c_str());
        module_.version_minor = std::atoi(std::string(token.text.substr(dot + 1)).c_str());
    }

    void target() {
        module_.target = in_.word();
        while (in_.accept(',')) (void)in_.word();
    }

    void file() {
        const u64 number = in_.integer();
        if (number > 100000) in_.fail_here("file number too large");
        const Token& name = in_.take();
        if (name.kind != Token::Kind::string) in_.fail_here(".file needs a name");
        if (module_.files.size() <= number) module_.files.resize(number + 1);
        module_.files[number] = name.text;
        while (in_.accept(',')) (void)in_.integer(); // time and size
    }

    void section() { // DWARF: not read
        in_.take();
        in_.expect('{');
        while (!in_.accept('}')) {
            if (in_.at_end()) in_.unexpected("'}'");
            in_.take();
        }
    }

    void variables(Space space) {
        const DeclaredType type = parse_declared_type(in_);
        do {
            auto variable = parse_variable(in_, space, type);
            variable->is_extern = external_ || variable->bytes == 0;
            module_.variables.push_back(std::move(variable));
        } while (in_.accept(','));
        in_.expect(';');
    }

    void parameters(std::vector<std::unique_ptr<Variable>>& out) {
        in_.expect('(');
        if (in_.accept(')')) return;
        do {
            if (!in_.accept_dot("param")) in_.unexpected("a .param");
            const DeclaredType type = parse_declared_type(in_);
            out.push_back(parse_variable(in_, Space::param, type));
        } while (in_.accept(','));
        in_.expect(')');
    }

    void function(bool is_entry) {
        auto made = std::make_unique<Function>();
        made->is_entry = is_entry;
        made->line = in_.line();
        if (in_.peek().is('(')) parameters(made->returns);
        made->name = in_.word();
        if (in_.peek().is('(')) parameters(made->params);
        Function& function = declare(std::move(made));
        while (in_.peek().kind == Token::Kind::dot_word) tuning(function);
        if (in_.accept(';')) return;
        if (function.defined) in_.fail_here("function " + function.name + " is defined twice");
        function.defined = true;
        FunctionParser(module_, function, in_).run();
    }

    // A definition replaces what a declaration said.
    Function& declare(std::unique_ptr<Function> made) {
        for (auto& known : module_.functions)
            if (known->name == made->name) {
                if (!known->defined) {
                    made->defined = false;
                    *known = std::move(*made);
                }
                return *known;
            }
        module_.functions.push_back(std::move(made));
        return *module_.functions.back();
    }

    void tuning(Function& function) { // .maxntid 256, 1, 1
        const std::string_view name = in_.take().text;
        static constexpr std::array<std::string_view, 12> known{
            "maxntid",        "reqntid",           "minnctapersm",    "maxnctapersm",
            "maxnreg",        "noreturn",          "explicitcluster", "reqnctapercluster",
            "maxclusterrank", "blocksareclusters", "pragma",          "abi_preserve"};
        if (std::find(known.begin(), known.end(), name) == known.end())
            in_.fail_here("unknown directive ." + std::string(name));
        std::vector<u64> values;
        while (in_.peek().kind == Token::Kind::integer) {
            values.push_back(in_.take().bits);
            if (!in_.accept(',')) break;
        }
        if (name == "pragma") {
            in_.take();
            in_.accept(';');
        }
        if ((name == "maxntid" || name == "reqntid") && !values.empty()) {
            u64 threads = 1;
            for (const u64 value : values) threads *= std::min<u64>(value, 1 << 16);
            function.max_threads = static_cast<u32>(std::min<u64>(threads, 1 << 16));
        }
        if (name == "reqnctapercluster" || name == "explicitcluster")
            function.explicit_cluster = true;
    }

    Module& module_;
    Cursor& in_;
    bool external_ = false;
};

} // namespace

std::string Instruction::text() const {
    std::string text(opcode);
    for (const std::string_view modifier : modifiers) (text += '.') += modifier;
    return text;
}

const Function* Module::function(std::string_view name) const noexcept {
    for (const auto& function : functions)
        if (function->name == name) return function.get();
    return nullptr;
}

std::unique_ptr<Module> parse(std::string text, std::string file) {
    auto module = std::make_unique<Module>();
    module->file = std::move(file);
    module->text = std::move(text);
    Cursor in(tokenize(module->text, module->file), module->file);
    ModuleParser(*module, in).run();
    return module;
}

} // namespace hone::emu::ptx
