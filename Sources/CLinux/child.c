#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

// What the child has between vfork and execve it has together with us, its stack and glibc's notes about threads among it. So it makes
// system calls only, and those of users and groups as the kernel has them: glibc's would go round our threads.

struct failure {
  int stage;
  int code;
};

static int try_number(struct failure *failure, int stage, long result) {
  if (result >= 0) return 1;
  failure->stage = stage;
  failure->code = errno;
  return 0;
}

static int set_limit(int resource, uint64_t most) {
  struct rlimit limit;
  if (syscall(SYS_prlimit64, 0, resource, NULL, &limit) != 0) return -1;
  if (limit.rlim_max > most) limit.rlim_max = most;
  if (limit.rlim_cur > most) limit.rlim_cur = most;
  return (int)syscall(SYS_prlimit64, 0, resource, &limit, NULL);
}

// All but the three go at the latest when the program begins; the one by which a failure is told goes then.
static int close_others(int report) {
  if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return 0;
  if (errno != ENOSYS && errno != EINVAL) return -1;
  // A kernel older than 5.11: one by one.
  struct rlimit limit;
  if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) != 0) return -1;
  for (unsigned long fd = 3; fd < limit.rlim_cur && fd < (1UL << 20); fd++) {
    if (fd != (unsigned long)report) syscall(SYS_close, fd);
  }
  return 0;
}

static int reset_signals(void) {
  // As the kernel has it, longer than on any machine, and all zeroes: SIG_DFL. glibc's would leave out two signals of its own.
  static const unsigned char standard[64];
  for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, standard, NULL, NSIG / 8);
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, NULL);
}

static int become(const struct granary_child *child) {
  if (child->uid < 0) return 0;
  if (syscall(SYS_setgroups, 0, NULL) != 0) return -1;
  if (syscall(SYS_setresgid, child->gid, child->gid, child->gid) != 0) return -1;
  return (int)syscall(SYS_setresuid, child->uid, child->uid, child->uid);
}

static void run(const struct granary_child *child, pid_t parent, int report, struct failure *failure) {
  static char *const nothing[] = {NULL};
  if (!try_number(failure, granary_stage_group, syscall(SYS_setpgid, 0, 0))) return;
  if (!try_number(failure, granary_stage_descriptors, dup2(child->input, 0))) return;
  if (!try_number(failure, granary_stage_descriptors, dup2(child->output, 1))) return;
  if (!try_number(failure, granary_stage_descriptors, dup2(child->errors, 2))) return;
  if (!try_number(failure, granary_stage_descriptors, close_others(report))) return;
  if (!try_number(failure, granary_stage_limits, set_limit(RLIMIT_CORE, 0))) return;
  if (!try_number(failure, granary_stage_limits, set_limit(RLIMIT_NOFILE, child->files))) return;
  if (!try_number(failure, granary_stage_limits, set_limit(RLIMIT_DATA, child->memory))) return;
  // What cannot be had is no reason to go without the program.
  long priority = syscall(SYS_getpriority, PRIO_PROCESS, 0);
  if (priority > 0) syscall(SYS_setpriority, PRIO_PROCESS, 0, 20 - priority + child->niceness);
  if (!try_number(failure, granary_stage_user, become(child))) return;
  if (!try_number(failure, granary_stage_privileges, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))) return;
  // After the change of users, which would undo it.
  if (!try_number(failure, granary_stage_death, prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))) return;
  if (syscall(SYS_getppid) != parent) syscall(SYS_exit_group, 127);
  umask(077);
  if (!try_number(failure, granary_stage_folder, chdir("/"))) return;
  if (!try_number(failure, granary_stage_signals, reset_signals())) return;
  try_number(failure, granary_stage_program, execve(child->path, child->arguments, nothing));
}

// What is taken for 0, 1 or 2, where those were closed, would be in the way when a child gets its own.
static int raise_above_standard(int *fd) {
  if (*fd > 2) return 0;
  int raised = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
  if (raised < 0) return errno;
  close(*fd);
  *fd = raised;
  return 0;
}

int granary_pipe(int ends[2], int ours) {
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  int code = raise_above_standard(&ends[0]);
  if (code == 0) code = raise_above_standard(&ends[1]);
  if (code == 0 && fcntl(ends[ours], F_SETFL, O_NONBLOCK) != 0) code = errno;
  if (code != 0) {
    close(ends[0]);
    close(ends[1]);
  }
  return code;
}

// What it failed at, once it is the program or has ended.
static struct failure failure_told(int report) {
  struct failure failure = {0, 0};
  ssize_t count;
  do count = read(report, &failure, sizeof failure);
  while (count < 0 && errno == EINTR);
  return count == sizeof failure ? failure : (struct failure){0, 0};
}

static pid_t start(const struct granary_child *child, int report) {
  sigset_t all, former;
  pid_t parent = getpid();
  // No handler of ours may run in the child, which has our memory.
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &former);
  pid_t made = vfork();
  if (made == 0) {
    struct failure failure = {0, 0};
    run(child, parent, report, &failure);
    syscall(SYS_write, report, &failure, sizeof failure);
    syscall(SYS_exit_group, 127);
    __builtin_unreachable();
  }
  int code = errno;
  pthread_sigmask(SIG_SETMASK, &former, NULL);
  errno = code;
  return made;
}

int granary_child_start(const struct granary_child *child, pid_t *pid, int *stage) {
  int ends[2];
  *stage = granary_stage_group;
  int code = granary_pipe(ends, 1);
  if (code != 0) return code;
  pid_t made = start(child, ends[1]);
  code = made < 0 ? errno : 0;
  close(ends[1]);
  struct failure failure = made < 0 ? (struct failure){0, 0} : failure_told(ends[0]);
  close(ends[0]);
  if (code != 0) return code;
  if (failure.stage == 0) {
    *pid = made;
    return 0;
  }
  waitpid(made, NULL, 0);
  *stage = failure.stage;
  return failure.code;
}

int granary_child_has_ended(pid_t pid) {
  siginfo_t info = {0};
  if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
  return info.si_pid == pid;
}
