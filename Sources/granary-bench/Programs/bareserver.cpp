// The least that a seeder of an SSL torrent can do with OpenSSL: accepts, shakes hands with both certificates, answers the BitTorrent
// handshake with its own and a bitfield, and keeps the connection. One thread, no tickets, no session cache, no policy.
//   bareserver PORT CERTIFICATE KEY AUTHORITY PIECES
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

struct Peer {
  int fd;
  SSL *ssl;
  bool secured;
  size_t have;
  char hello[68];
};

static void fail(const char *what) {
  perror(what);
  exit(2);
}

static SSL_CTX *make_context(char **files) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, files[0]) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, files[1], SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_load_verify_locations(context, files[2], nullptr) != 1)
    fail("certificates");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return context;
}

static int listen_on(int port) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(uint16_t(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(descriptor, (sockaddr *)&address, sizeof address) || listen(descriptor, 4096)) fail("listen");
  return descriptor;
}

static void drop(Peer *peer) {
  SSL_free(peer->ssl);
  close(peer->fd);
  delete peer;
}

// Whether the connection goes on.
static bool again(Peer *peer, int result) {
  int error = SSL_get_error(peer->ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static bool answer(Peer *peer, const std::string &bitfield) {
  std::string out("\x13" "BitTorrent protocol\0\0\0\0\0\0\0\0", 28);
  out.append(peer->hello + 28, 20).append("-BARE01-abcdefghijkl").append(bitfield);
  return SSL_write(peer->ssl, out.data(), int(out.size())) == int(out.size());
}

static bool readable(Peer *peer, const std::string &bitfield) {
  ERR_clear_error();
  if (!peer->secured) {
    int result = SSL_accept(peer->ssl);
    if (result != 1) return again(peer, result);
    peer->secured = true;
  }
  for (;;) {
    char rest[4096];
    bool greeted = peer->have == sizeof peer->hello;
    ERR_clear_error();
    int count = greeted ? SSL_read(peer->ssl, rest, sizeof rest)
                        : SSL_read(peer->ssl, peer->hello + peer->have, int(sizeof peer->hello - peer->have));
    if (count <= 0) return again(peer, count);
    if (greeted) continue;
    peer->have += size_t(count);
    if (peer->have == sizeof peer->hello && !answer(peer, bitfield)) return false;
  }
}

int main(int argc, char **argv) {
  if (argc != 6) return 64;
  signal(SIGPIPE, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  SSL_CTX *context = make_context(argv + 2);
  uint32_t bytes = uint32_t(atoi(argv[5]) + 7) / 8, length = htonl(bytes + 1);
  std::string bitfield((char *)&length, 4);
  bitfield.append("\x05").append(bytes, '\xff');
  int listener = listen_on(atoi(argv[1])), poll = epoll_create1(EPOLL_CLOEXEC), one = 1;
  epoll_event event{EPOLLIN, {}};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    epoll_event events[256];
    int count = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < count; i++) {
      Peer *peer = (Peer *)events[i].data.ptr;
      if (peer) {
        if (!readable(peer, bitfield)) drop(peer);
        continue;
      }
      int fd;
      while ((fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        peer = new Peer{fd, SSL_new(context), false, 0, {}};
        SSL_set_fd(peer->ssl, fd);
        event.data.ptr = peer;
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
      }
    }
  }
}
