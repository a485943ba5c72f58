// Objects are linked in memory by LLVM's ORC: one JIT, and for each object a dylib of its own,
// which is removed with its code when the kernel goes.
#include "parts.hpp"

#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/ExecutionEngine/Orc/TaskDispatch.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>

#include <atomic>
#include <mutex>

namespace hone::cpu {
namespace {

namespace orc = llvm::orc;

class OrcObject final : public LoadedObject {
  public:
    OrcObject(orc::LLJIT& jit, orc::JITDylib& dylib) : jit_(jit), dylib_(dylib) {}
    ~OrcObject() override { llvm::consumeError(jit_.getExecutionSession().removeJITDylib(dylib_)); }
    OrcObject(const OrcObject&) = delete;
    OrcObject& operator=(const OrcObject&) = delete;

    void* symbol(const std::string& name) override {
        llvm::Expected<orc::ExecutorAddr> address = jit_.lookup(dylib_, name);
        if (!address) {
            llvm::consumeError(address.takeError());
            return nullptr;
        }
        return address->toPtr<void*>();
    }

  private:
    orc::LLJIT& jit_;
    orc::JITDylib& dylib_;
};

class OrcLoader final : public ObjectLoader {
  public:
    explicit OrcLoader(std::unique_ptr<orc::LLJIT> jit) : jit_(std::move(jit)) {
        // Reported by load() and symbol() instead of on stderr.
        jit_->getExecutionSession().setErrorReporter(
            [](llvm::Error error) { llvm::consumeError(std::move(error)); });
    }

    std::unique_ptr<LoadedObject> load(std::span<const std::byte> object,
                                       std::string& error) override {
        const std::string name = "object " + std::to_string(++loaded_);
        llvm::Expected<orc::JITDylib&> dylib = jit_->createJITDylib(name);
        if (!dylib) {
            error = llvm::toString(dylib.takeError());
            return nullptr;
        }
        auto loaded = std::make_unique<OrcObject>(*jit_, *dylib);
        auto bytes = llvm::MemoryBuffer::getMemBufferCopy(
            {reinterpret_cast<const char*>(object.data()), object.size()}, name);
        if (llvm::Error failed = jit_->addObjectFile(*dylib, std::move(bytes))) {
            error = llvm::toString(std::move(failed));
            return nullptr;
        }
        return loaded;
    }

  private:
    std::unique_ptr<orc::LLJIT> jit_;
    std::uint64_t loaded_ = 0;
};

} // namespace
} // namespace hone::cpu

extern "C" __attribute__((visibility("default"))) std::unique_ptr<hone::cpu::ObjectLoader>
hone_cpu_make_loader(std::string& error) {
    static std::once_flag once;
    std::call_once(once, [] {
        llvm::InitializeNativeTarget();
        llvm::InitializeNativeTargetAsmPrinter();
    });
    // Tasks run in the calling thread: a session survives fork, and threads would not.
    auto control = llvm::orc::SelfExecutorProcessControl::Create(
        nullptr, std::make_unique<llvm::orc::InPlaceTaskDispatcher>());
    if (!control) {
        error = llvm::toString(control.takeError());
        return nullptr;
    }
    // No platform: kernels have no static constructors and no thread-local variables.
    auto jit = llvm::orc::LLJITBuilder()
                   .setExecutorProcessControl(std::move(*control))
                   .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                   .create();
    if (!jit) {
        error = llvm::toString(jit.takeError());
        return nullptr;
    }
    return std::make_unique<hone::cpu::OrcLoader>(std::move(*jit));
}
