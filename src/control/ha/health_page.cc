#include "control/ha/health_page.h"

#include <sys/mman.h>

#include <cerrno>

namespace tandem::ha {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "atomics that take locks cannot be shared between processes");

void SharedHealthPage::Unmap::operator()(HealthPage* page) const { ::munmap(page, sizeof(HealthPage)); }

base::Result<SharedHealthPage> SharedHealthPage::make() {
  base::Fd file(::memfd_create("tandem-health", MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), sizeof(HealthPage)) != 0) {
    return base::Error::from_errno(errno, "making a page of memory to share");
  }
  return open(std::move(file));
}

base::Result<SharedHealthPage> SharedHealthPage::open(base::Fd file) {
  void* const memory = ::mmap(nullptr, sizeof(HealthPage), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return base::Error::from_errno(errno, "mapping a page of shared memory");
  SharedHealthPage shared;
  shared.file_ = std::move(file);
  shared.page_.reset(static_cast<HealthPage*>(memory));
  return shared;
}

}  // namespace tandem::ha
