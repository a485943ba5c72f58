#include "lib/worker/sealed_memory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace hone {

namespace {

// Shrinking a mapped file ends its readers by SIGBUS.
constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW;

} // namespace

Descriptor sealed_memory(const char* name, std::size_t size) noexcept {
    Descriptor file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (file && ::ftruncate(file.get(), static_cast<off_t>(size)) == 0 &&
        ::fcntl(file.get(), F_ADD_SEALS, seals) == 0)
        return file;
    const int error = errno;
    file.reset();
    errno = error;
    return file;
}

bool is_sealed(int file, std::size_t size) noexcept {
    const int present = ::fcntl(file, F_GET_SEALS);
    struct stat status {};
    return present >= 0 && (present & seals) == seals && ::fstat(file, &status) == 0 &&
           static_cast<std::size_t>(status.st_size) >= size;
}

} // namespace hone
