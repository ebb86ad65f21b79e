#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t granary_preadv_nowait(int fd, const struct iovec *iov, int count, int64_t offset) {
  return preadv2(fd, iov, count, offset, RWF_NOWAIT);
}

// glibc has no wrapper for openat2.
int granary_openat2(int folder, const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = 0, .resolve = resolve};
  return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

const uint64_t granary_resolve_beneath = RESOLVE_BENEATH;
const uint64_t granary_resolve_no_symlinks = RESOLVE_NO_SYMLINKS;
const uint64_t granary_resolve_cached = RESOLVE_CACHED;
const int granary_o_path = O_PATH;
