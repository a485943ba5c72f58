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

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace hone::cpu {
namespace {

constexpr std::size_t longest_log = 16 << 10;

// What one compilation works on. LLVM ends the process when its code generator gives up, and its
// global lists (timers, for one) then still point into the stack of the compilation, so that
// jumping out of it breaks the next one. A compilation therefore has a thread of its own, and one
// that gave up never returns: its thread, and what it holds, stay until the process ends. Compile
// workers are replaced after a while anyway.
struct Compilation {
    explicit Compilation(const Translation& given)
        : name(given.name), text(given.text), arguments(given.arguments) {}

    const std::string name, text;
    const std::vector<std::string> arguments;
    llvm::SmallVector<char, 0> object;
    std::string log;
    std::string fatal; // why the code generator gave up
    std::promise<bool> done;
};
thread_local Compilation* current = nullptr;

void on_fatal_error(void*, const char* reason, bool) {
    if (!current) return; // LLVM prints the reason and exits
    current->fatal = reason;
    current->done.set_value(false);
    for (;;) pause();
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

    // Owned by the thread too: one that gave up goes on pointing to it.
    const auto compilation = std::make_shared<Compilation>(translation);
    std::future<bool> done = compilation->done.get_future();
    std::thread thread([compilation] {
        current = compilation.get();
        llvm::raw_string_ostream log(compilation->log);
        const bool ok = emit_object({compilation->name, compilation->text, compilation->arguments},
                                    log, compilation->object);
        log.flush();
        current = nullptr;
        compilation->done.set_value(ok);
    });
    CompileResult result;
    if (!done.get()) result.outcome = Outcome::compile_failed;
    const bool gave_up = !compilation->fatal.empty();
    if (gave_up) {
        thread.detach();
    } else {
        thread.join();
    }
    result.log = compilation->log;
    if (gave_up) result.log += "fatal error: " + compilation->fatal + '\n';

    // "/" was put before the name to make the path absolute.
    for (std::size_t at = 0;
         (at = result.log.find("/" + translation.name + ":", at)) != std::string::npos;)
        result.log.erase(at, 1);
    if (result.log.size() > longest_log) result.log.resize(longest_log);
    if (result.outcome != Outcome::ok) return result;
    const auto& object = compilation->object;
    const auto* bytes = reinterpret_cast<const std::byte*>(object.data());
    result.binary.format = "elf-object";
    result.binary.bytes.assign(bytes, bytes + object.size());
    return result;
}
