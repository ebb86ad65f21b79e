// Linux calls and constants that Swift's Glibc module does not import.
//
// Nothing here may depend on _GNU_SOURCE: the Glibc module is built without it, and a C type that looks otherwise in two modules is
// an error in Swift.
#pragma once
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/// preadv2 with RWF_NOWAIT: what the page cache has, or EAGAIN; never waits for a disk.
ssize_t granary_preadv_nowait(int fd, const struct iovec *iov, int count, int64_t offset);

/// openat2: opens `path` below `folder` under the RESOLVE_ rules given; -1 with errno set, ENOSYS where the kernel is older than 5.6.
int granary_openat2(int folder, const char *path, uint64_t flags, uint64_t resolve);

/// Refuse whatever would leave the folder that is opened from.
extern const uint64_t granary_resolve_beneath;
/// Refuse symbolic links anywhere in the path.
extern const uint64_t granary_resolve_no_symlinks;
/// Answer EAGAIN rather than wait for a disk; EINVAL where the kernel is older than 5.12.
extern const uint64_t granary_resolve_cached;
/// O_PATH: a descriptor that only names a file.
extern const int granary_o_path;

/// Renames so that nothing is ever replaced (RENAME_NOREPLACE): 0, or the errno; EINVAL or ENOSYS where that cannot be had.
int granary_rename_noreplace(int old_folder, const char *old_name, int new_folder, const char *new_name);

/// Has the file system set aside what the first `length` bytes of the file need: 0, or the errno; EOPNOTSUPP where it cannot.
int granary_allocate(int fd, int64_t length);

/// Where the first byte from `offset` on is that was ever written (SEEK_DATA), the file's end where none is; -1 with errno set.
int64_t granary_next_data(int fd, int64_t offset);
/// Where the first byte from `offset` on is that was never written (SEEK_HOLE), the file's end at the latest; -1 with errno set.
int64_t granary_next_hole(int fd, int64_t offset);

/// What SO_PEERCRED tells of the other end of a Unix socket: the kernel's struct ucred.
struct granary_ucred {
  int32_t pid;
  uint32_t uid;
  uint32_t gid;
};

/// Blocks the lease signal, and SIGIO that stands in for it, on the calling thread; its thread id.
pid_t granary_lease_listen(void);

/// Takes a read lease whose breaking is told to the thread `tid`, which has called granary_lease_listen; 0, or the errno.
int granary_lease_take(int fd, pid_t tid);

/// 1 while the lease on the descriptor stands, 0 where it is being broken or there is none, -1 with errno set.
int granary_lease_stands(int fd);

/// Gives the lease back; 0, or the errno.
int granary_lease_release(int fd);

/// Waits on the listening thread: the descriptor whose lease is being broken, -1 where any may be (signals were lost), -2 to stop.
int granary_lease_wait(void);

/// Has the listening thread's granary_lease_wait answer -2.
void granary_lease_stop(pid_t tid);

/// Gives memory that was freed, and that malloc keeps for later, back to the kernel; some milliseconds.
void granary_trim_heap(void);

/// Gives the calling thread the lowest priority for disks that is not "only when idle"; 0, or the errno.
int granary_lower_io_priority(void);

/// A program to start, with what it is given.
struct granary_child {
  /// The absolute path of the program.
  const char *path;
  /// Its arguments from the zeroth, with NULL at the end. Its environment is empty, its folder is the root.
  char *const *arguments;
  /// What become its descriptors 0, 1 and 2; all three are above 2. It has no others.
  int input;
  int output;
  int errors;
  /// How many descriptors it may open.
  uint64_t files;
  /// Bytes of private memory that it may have.
  uint64_t memory;
  /// How much it steps back behind others, 0 to 19.
  int niceness;
  /// The user and group that it runs as, without further groups; -1: ours.
  int64_t uid;
  int64_t gid;
};

/// What starting a program failed at.
enum {
  granary_stage_group = 1,
  granary_stage_descriptors,
  granary_stage_limits,
  granary_stage_user,
  granary_stage_privileges,
  granary_stage_death,
  granary_stage_folder,
  granary_stage_signals,
  granary_stage_program,
};

/// Starts a program in a process group of its own (its pid), with default signals, without a way to more privileges, and so that the kernel
/// kills it when the calling THREAD ends: call it from one that lives as long as the program may. 0, or the errno with the stage.
int granary_child_start(const struct granary_child *child, pid_t *pid, int *stage);

/// A pipe whose ends are above 2, are closed in programs that we start, and whose `ends[ours]` never waits; 0, or the errno.
int granary_pipe(int ends[2], int ours);

/// 1 where the child has ended and has not been waited for, 0 while it runs, -1 with errno set.
int granary_child_has_ended(pid_t pid);

/// Sends bytes with open descriptors (SCM_RIGHTS) over a connected Unix socket: how many bytes went, -1 with errno set. At most
/// `granary_most_descriptors`; they go with the first byte.
ssize_t granary_send_descriptors(int socket, const int *descriptors, int count, const void *bytes, size_t length);

/// Reads bytes from a connected Unix socket, and the descriptors that came with them, which are closed in programs that we start. `count` is
/// how many there is room for, and then how many came; more are closed. How many bytes came, 0 at the end, -1 with errno set.
ssize_t granary_receive_descriptors(int socket, int *descriptors, int *count, void *bytes, size_t length);

/// Descriptors in one message.
extern const int granary_most_descriptors;
