// Clang inside the process: kernel text to a relocatable object, nothing on disk in between.
#include "parts.hpp"

#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/DiagnosticOptions.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/VirtualFileSystem.h>
#include <llvm/Support/raw_ostream.h>

#include <csetjmp>
#include <mutex>

namespace hone::cpu {
namespace {

constexpr std::size_t longest_log = 16 << 10;

// LLVM ends the process when its code generator gives up. Libraries are built without exceptions,
// so the only way past it is a jump, which leaks what the compile had allocated; a compile worker
// is replaced after a while anyway.
struct FatalExit {
    std::jmp_buf where;
    std::string reason;
};
thread_local FatalExit* fatal_exit = nullptr;

void on_fatal_error(void*, const char* reason, bool) {
    if (!fatal_exit) return; // LLVM prints the reason and exits
    fatal_exit->reason = reason;
    std::longjmp(fatal_exit->where, 1);
}

void initialize_llvm() {
    static std::once_flag once;
    std::call_once(once, [] {
        llvm::InitializeNativeTarget();
        llvm::InitializeNativeTargetAsmPrinter();
        llvm::InitializeNativeTargetAsmParser();
        llvm::install_fatal_error_handler(on_fatal_error);
    });
}

// The source is the only file there is.
clang::IntrusiveRefCntPtr<llvm::vfs::FileSystem> single_file(const std::string& path,
                                                             const std::string& text) {
    auto files = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
    files->addFile(path, 0, llvm::MemoryBuffer::getMemBuffer(text, path));
    return files;
}

bool emit_object(const Translation& translation, llvm::raw_ostream& log,
                 llvm::SmallVectorImpl<char>& object) {
    const std::string path = "/" + translation.name;
    std::vector<const char*> arguments;
    for (const std::string& argument : translation.arguments) arguments.push_back(argument.c_str());
    arguments.push_back(path.c_str());

    auto options = llvm::makeIntrusiveRefCnt<clang::DiagnosticOptions>();
    auto* printer = new clang::TextDiagnosticPrinter(log, options.get());
    auto diagnostics = llvm::makeIntrusiveRefCnt<clang::DiagnosticsEngine>(
        llvm::makeIntrusiveRefCnt<clang::DiagnosticIDs>(), options, printer);

    auto invocation = std::make_shared<clang::CompilerInvocation>();
    if (!clang::CompilerInvocation::CreateFromArgs(*invocation, arguments, *diagnostics))
        return false;
    clang::CompilerInstance compiler;
    compiler.setInvocation(std::move(invocation));
    compiler.setDiagnostics(diagnostics.get());
    compiler.setVerboseOutputStream(llvm::nulls()); // "1 error generated."
    compiler.createFileManager(single_file(path, translation.text));
    compiler.setOutputStream(std::make_unique<llvm::raw_svector_ostream>(object));

    clang::EmitObjAction action;
    return compiler.ExecuteAction(action);
}

} // namespace
} // namespace hone::cpu

extern "C" __attribute__((visibility("default"))) hone::CompileResult
hone_cpu_compile(const hone::cpu::Translation& translation) {
    using namespace hone;
    using namespace hone::cpu;
    initialize_llvm();

    CompileResult result;
    llvm::SmallVector<char, 0> object;
    llvm::raw_string_ostream log(result.log);
    FatalExit exit;
    fatal_exit = &exit;
    if (setjmp(exit.where) == 0) { // NOLINT(cert-err52-cpp)
        if (!emit_object(translation, log, object)) result.outcome = Outcome::compile_failed;
    } else {
        result.outcome = Outcome::compile_failed;
        log << "fatal error: " << exit.reason << '\n';
    }
    fatal_exit = nullptr;
    log.flush();

    // "/" was put before the name to make the path absolute.
    for (std::size_t at = 0;
         (at = result.log.find("/" + translation.name + ":", at)) != std::string::npos;)
        result.log.erase(at, 1);
    if (result.log.size() > longest_log) result.log.resize(longest_log);
    if (result.outcome != Outcome::ok) return result;
    const auto* bytes = reinterpret_cast<const std::byte*>(object.data());
    result.binary.format = "elf-object";
    result.binary.bytes.assign(bytes, bytes + object.size());
    return result;
}
