import ArgumentParser
import Foundation

/// A library that is loaded before the node's own and makes two folders look like disks that have nothing in their cache: each read of
/// their files has to wait, for as long as its folder says. Compiled by the system's C compiler.
struct SlowDiskShim {
  let path: String

  init(below folder: String, fast: (folder: String, microseconds: Int), slow: (folder: String, microseconds: Int)) throws {
    let source = folder + "/slowdisk.c"
    path = folder + "/slowdisk.so"
    let text = Self.text.replacingOccurrences(of: "FAST_FOLDER", with: fast.folder)
      .replacingOccurrences(of: "SLOW_FOLDER", with: slow.folder)
      .replacingOccurrences(of: "FAST_TIME", with: "\(fast.microseconds)")
      .replacingOccurrences(of: "SLOW_TIME", with: "\(slow.microseconds)")
    try Data(text.utf8).write(to: URL(fileURLWithPath: source))
    let compiler = try Process.run(URL(fileURLWithPath: "/usr/bin/env"), arguments: ["cc", "-O2", "-shared", "-fPIC", "-o", path, source])
    compiler.waitUntilExit()
    guard compiler.terminationStatus == 0 else { throw ValidationError("cc could not compile \(source)") }
  }

  private static let text = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/uio.h>
    #include <unistd.h>

    static int delay_of(int fd) {
      char link[64], path[4096];
      snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
      ssize_t n = readlink(link, path, sizeof path - 1);
      if (n <= 0) return -1;
      path[n] = 0;
      if (!strncmp(path, "SLOW_FOLDER/", strlen("SLOW_FOLDER/"))) return SLOW_TIME;
      if (!strncmp(path, "FAST_FOLDER/", strlen("FAST_FOLDER/"))) return FAST_TIME;
      return -1;
    }

    ssize_t preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags) {
      static ssize_t (*real)(int, const struct iovec *, int, off_t, int);
      if (!real) real = dlsym(RTLD_NEXT, "preadv2");
      if (flags & RWF_NOWAIT && delay_of(fd) >= 0) {
        errno = EAGAIN;
        return -1;
      }
      return real(fd, iov, count, offset, flags);
    }

    ssize_t preadv(int fd, const struct iovec *iov, int count, off_t offset) {
      static ssize_t (*real)(int, const struct iovec *, int, off_t);
      if (!real) real = dlsym(RTLD_NEXT, "preadv");
      int delay = delay_of(fd);
      if (delay > 0) usleep((useconds_t)delay);
      return real(fd, iov, count, offset);
    }

    """
}
