#include "CLinux.h"

ssize_t granary_preadv_nowait(int fd, const struct iovec *iov, int count, int64_t offset) {
  return preadv2(fd, iov, count, offset, RWF_NOWAIT);
}

int64_t granary_peer_uid(int fd) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  return (int64_t)credentials.uid;
}
