#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <signal.h>
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

int granary_rename_noreplace(int old_folder, const char *old_name, int new_folder, const char *new_name) {
  // By its number: older C libraries have no wrapper.
  return syscall(SYS_renameat2, old_folder, old_name, new_folder, new_name, 1u /* RENAME_NOREPLACE */) == 0 ? 0 : errno;
}

void granary_trim_heap(void) { malloc_trim(0); }

int granary_allocate(int fd, int64_t length) { return fallocate(fd, 0, 0, length) == 0 ? 0 : errno; }

int64_t granary_next_data(int fd, int64_t offset) {
  int64_t found = lseek(fd, offset, SEEK_DATA);
  // Nothing but a hole up to the end.
  return found < 0 && errno == ENXIO ? lseek(fd, 0, SEEK_END) : found;
}

int64_t granary_next_hole(int fd, int64_t offset) {
  int64_t found = lseek(fd, offset, SEEK_HOLE);
  return found < 0 && errno == ENXIO ? lseek(fd, 0, SEEK_END) : found;
}

const uint64_t granary_resolve_beneath = RESOLVE_BENEATH;
const uint64_t granary_resolve_no_symlinks = RESOLVE_NO_SYMLINKS;
const uint64_t granary_resolve_cached = RESOLVE_CACHED;
const int granary_o_path = O_PATH;

// A signal that is directed at one thread, blocked there and waited for there: no handler, no other thread's mask, nothing that a
// child process would inherit. SIGRTMIN leaves out what glibc has for itself.
static int lease_signal(void) { return SIGRTMIN + 7; }

static sigset_t lease_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, lease_signal());
  sigaddset(&set, SIGIO);
  return set;
}

pid_t granary_lease_listen(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  return (pid_t)syscall(SYS_gettid);
}

int granary_lease_take(int fd, pid_t tid) {
  struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = tid};
  // The owner first: F_SETLEASE makes the whole process the owner where there is none.
  if (fcntl(fd, F_SETSIG, lease_signal()) != 0) return errno;
  if (fcntl(fd, F_SETOWN_EX, &owner) != 0) return errno;
  return fcntl(fd, F_SETLEASE, F_RDLCK) == 0 ? 0 : errno;
}

int granary_lease_stands(int fd) {
  // While a lease is being broken, F_GETLEASE answers what it is to become.
  int type = fcntl(fd, F_GETLEASE);
  return type < 0 ? -1 : type == F_RDLCK;
}

int granary_lease_release(int fd) { return fcntl(fd, F_SETLEASE, F_UNLCK) == 0 ? 0 : errno; }

int granary_lease_wait(void) {
  sigset_t set = lease_signals();
  for (;;) {
    siginfo_t info;
    int number = sigwaitinfo(&set, &info);
    if (number < 0) continue;
    // The kernel sends SIGIO without a descriptor where the queue of real-time signals is full.
    if (number == SIGIO) return -1;
    if (info.si_code == SI_TKILL) return -2;
    if (info.si_code > 0) return info.si_fd;
  }
}

void granary_lease_stop(pid_t tid) { syscall(SYS_tgkill, getpid(), tid, lease_signal()); }

int granary_lower_io_priority(void) {
  int lowest = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7);
  return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, lowest) == 0 ? 0 : errno;
}
