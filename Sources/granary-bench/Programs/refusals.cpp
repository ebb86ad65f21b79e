// Times how a node ends connections that it refuses: from the last byte that the peer sends (the end of its TLS handshake and its BitTorrent
// handshake leave in one segment) until the node's end of file. Looks for it all the time, as a peer would that wants to know.
//   refusals PORT SAMPLES WARM-UP < cases       one "NAME CERTIFICATE KEY INFOHASH" a line; "-" for no certificate
// Prints "NAME MICROSECONDS BYTES END" for each sample; the cases take turns in a new random order each time.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <string>
#include <vector>

struct Case {
  std::string name, hello;
  SSL_CTX *context;
};

static double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) * 1e6 + double(time.tv_nsec) / 1e3;
}

static Case make_case(const std::string &name, const std::string &certificate, const std::string &key, const std::string &hash) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (certificate != "-" && (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1 ||
                             SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)) {
    fprintf(stderr, "no certificate %s with %s\n", certificate.c_str(), key.c_str());
    exit(2);
  }
  std::string hello("\x13" "BitTorrent protocol\0\0\0\0\0\x10\0\4", 28);
  for (size_t i = 0; i + 1 < hash.size(); i += 2) hello.push_back(char(strtol(hash.substr(i, 2).c_str(), nullptr, 16)));
  return {name, hello + "-RF0001-abcdefghijkl", context};
}

static int connect_from(uint32_t source, int port) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(source);
  if (bind(descriptor, (sockaddr *)&address, sizeof address)) perror("bind"), exit(2);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(uint16_t(port));
  if (connect(descriptor, (sockaddr *)&address, sizeof address)) perror("connect"), exit(2);
  return descriptor;
}

static void flush(int descriptor, BIO *out) {
  char *bytes;
  long count = BIO_get_mem_data(out, &bytes);
  if (count > 0 && send(descriptor, bytes, size_t(count), MSG_NOSIGNAL) != count) perror("send"), exit(2);
  (void)BIO_reset(out);
}

// The client's side up to its last flight, which is left in the outgoing BIO.
static void shake_hands(SSL *ssl, int descriptor, BIO *in, BIO *out) {
  for (;;) {
    int result = SSL_connect(ssl);
    if (result == 1) return;
    if (SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ) ERR_print_errors_fp(stderr), exit(2);
    flush(descriptor, out);
    char bytes[16384];
    ssize_t count = recv(descriptor, bytes, sizeof bytes, 0);
    if (count <= 0) fprintf(stderr, "closed within the handshake\n"), exit(2);
    BIO_write(in, bytes, int(count));
  }
}

static void sample(const Case &test, uint32_t source, int port, bool is_counted) {
  int descriptor = connect_from(source, port);
  SSL *ssl = SSL_new(test.context);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, in, out);
  shake_hands(ssl, descriptor, in, out);
  SSL_write(ssl, test.hello.data(), int(test.hello.size()));
  double began = now(), ended = began;
  flush(descriptor, out);
  size_t bytes = 0;
  const char *end = "open";
  while (ended - began < 2e6) {
    char rest[16384];
    ssize_t count = recv(descriptor, rest, sizeof rest, MSG_DONTWAIT);
    ended = now();
    if (count > 0) bytes += size_t(count);
    if (count == 0) end = "end";
    if (count < 0 && errno != EAGAIN) end = "reset";
    if (strcmp(end, "open")) break;
  }
  if (is_counted) printf("%s %.2f %zu %s\n", test.name.c_str(), ended - began, bytes, end);
  SSL_free(ssl);
  close(descriptor);
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  signal(SIGPIPE, SIG_IGN);
  int port = atoi(argv[1]), samples = atoi(argv[2]), warm_up = atoi(argv[3]);
  std::vector<Case> cases;
  std::string name, certificate, key, hash;
  while (std::cin >> name >> certificate >> key >> hash) cases.push_back(make_case(name, certificate, key, hash));
  std::mt19937 random{uint32_t(getpid())};
  for (int i = 0; i < samples + warm_up; i++) {
    std::shuffle(cases.begin(), cases.end(), random);
    for (auto &test : cases) sample(test, 0x7F400001u + random() % 0x3FFFF0u, port, i >= warm_up);
  }
}
