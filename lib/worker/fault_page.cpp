#include "lib/worker/fault_page.hpp"

#include "hone/error.hpp"
#include "lib/worker/malformed.hpp"
#include "lib/worker/sealed_memory.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <utility>

namespace hone {

namespace {

constexpr std::size_t page_bytes = 4096;
static_assert(sizeof(FaultRecord) <= page_bytes);

FaultRecord* map(int file) {
    void* const base = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (base != MAP_FAILED) return static_cast<FaultRecord*>(base);
    throw Error(Errc::unavailable, std::string("no memory for a run: ") + std::strerror(errno));
}

} // namespace

FaultPage::FaultPage() : file_(sealed_memory("hone-fault", page_bytes)) {
    if (!file_) {
        throw Error(Errc::unavailable,
                    std::string("no shared memory for a run: ") + std::strerror(errno),
                    "raise the limit of open files (ulimit -n)");
    }
    record_ = map(file_.get());
}

FaultPage::FaultPage(Descriptor file) : file_(std::move(file)) {
    if (!is_sealed(file_.get(), page_bytes)) throw Malformed("a fault record that is none");
    record_ = map(file_.get());
}

FaultPage::~FaultPage() { ::munmap(record_, page_bytes); }

FaultRecord FaultPage::read() const noexcept {
    FaultRecord copy;
    std::memcpy(&copy, record_, sizeof copy);
    return copy;
}

} // namespace hone
