// A disk that fails when it is told to: preloaded into the node, between it and libc.
//
// The file that FAULTY_DISK names says what fails, and may be written anew at any time (in place, it is mapped):
//     OPERATIONS ERRNO PATH\n      OPERATIONS: r (reads), w (writes, syncs, truncations), o (opens); PATH: a part of the file's path
// An empty or zeroed file: nothing fails.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RULE = 4096 };
static const volatile char *rule;

__attribute__((constructor)) static void map_rule(void) {
  const char *path = getenv("FAULTY_DISK");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *place = mmap(NULL, RULE, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (place != MAP_FAILED) rule = place;
}

// The errno that the operation on the path is to fail with; 0 for none.
static int fault_of_path(char operation, const char *path) {
  char text[RULE], operations[8], part[RULE];
  int number;
  for (int i = 0; i < RULE; i++) text[i] = rule[i];
  text[RULE - 1] = 0;
  if (sscanf(text, "%7s %d %4095[^\n]", operations, &number, part) != 3) return 0;
  return strchr(operations, operation) && strstr(path, part) ? number : 0;
}

static int fault(char operation, int fd) {
  if (!rule || !rule[0]) return 0;
  char name[64], path[PATH_MAX];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return fault_of_path(operation, path);
}

#define FAILING(operation, fd)            \
  do {                                    \
    int number = fault(operation, fd);    \
    if (number) {                         \
      errno = number;                     \
      return -1;                          \
    }                                     \
  } while (0)

// One function that takes a descriptor first: fails as told, or goes on to the one that it stands before.
#define STAND_BEFORE(operation, type, name, parameters, arguments) \
  type name parameters {                                           \
    static type(*next) parameters;                                 \
    if (!next) next = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
    FAILING(operation, fd);                                        \
    return next arguments;                                         \
  }

STAND_BEFORE('r', ssize_t, read, (int fd, void *buffer, size_t count), (fd, buffer, count))
STAND_BEFORE('r', ssize_t, pread, (int fd, void *buffer, size_t count, off_t offset), (fd, buffer, count, offset))
STAND_BEFORE('r', ssize_t, pread64, (int fd, void *buffer, size_t count, off64_t offset), (fd, buffer, count, offset))
STAND_BEFORE('r', ssize_t, preadv, (int fd, const struct iovec *iov, int count, off_t offset), (fd, iov, count, offset))
STAND_BEFORE('r', ssize_t, preadv64, (int fd, const struct iovec *iov, int count, off64_t offset), (fd, iov, count, offset))
STAND_BEFORE('r', ssize_t, preadv2, (int fd, const struct iovec *iov, int count, off_t offset, int flags), (fd, iov, count, offset, flags))
STAND_BEFORE(
    'r', ssize_t, preadv64v2, (int fd, const struct iovec *iov, int count, off64_t offset, int flags), (fd, iov, count, offset, flags))
STAND_BEFORE('w', ssize_t, write, (int fd, const void *buffer, size_t count), (fd, buffer, count))
STAND_BEFORE('w', ssize_t, pwrite, (int fd, const void *buffer, size_t count, off_t offset), (fd, buffer, count, offset))
STAND_BEFORE('w', ssize_t, pwrite64, (int fd, const void *buffer, size_t count, off64_t offset), (fd, buffer, count, offset))
STAND_BEFORE('w', int, fsync, (int fd), (fd))
STAND_BEFORE('w', int, fdatasync, (int fd), (fd))
STAND_BEFORE('w', int, ftruncate, (int fd, off_t length), (fd, length))
STAND_BEFORE('w', int, ftruncate64, (int fd, off64_t length), (fd, length))

static int fault_of_open(const char *path) {
  int number = rule && rule[0] ? fault_of_path('o', path) : 0;
  if (number) errno = number;
  return number;
}

int openat(int folder, const char *path, int flags, ...) {
  static int (*next)(int, const char *, int, ...);
  if (!next) next = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  return fault_of_open(path) ? -1 : next(folder, path, flags, mode);
}

// openat2 has no function of its own in libc.
long syscall(long number, ...) {
  static long (*next)(long, ...);
  if (!next) next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2 && fault_of_open((const char *)a[1])) return -1;
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
