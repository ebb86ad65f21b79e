// Linux calls and constants that Swift's Glibc module does not import.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/// preadv2 with RWF_NOWAIT: what the page cache has, or EAGAIN; never waits for a disk.
ssize_t granary_preadv_nowait(int fd, const struct iovec *iov, int count, int64_t offset);

/// The user id at the other end of a Unix socket, or -1 with errno set.
int64_t granary_peer_uid(int fd);
