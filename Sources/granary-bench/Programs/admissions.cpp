// Times how long a peer takes to get in, one after the other, from connect on.
//   admissions PORT COUNT CERTIFICATE KEY INFOHASH ID SECRET UNTIL        CERTIFICATE "-": a plain link
// UNTIL says when the clock is stopped:
//   tls    the peer's side of the TLS handshake is done, and nothing else happens
//   open   BitTorrent's handshake and the first word on pieces, from a node that asks for no proof
//   auth   likewise from one that does: the peer proves the secret over gr_auth, as its article says
// Prints the microseconds of each.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using bytes = std::string;

static void fail(const char *what) {
  fprintf(stderr, "admissions: %s\n", what);
  exit(2);
}

static double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) * 1e6 + double(time.tv_nsec) / 1e3;
}

static bytes unhex(const bytes &text) {
  bytes result;
  for (size_t i = 0; i + 1 < text.size(); i += 2) result.push_back(char(strtol(text.substr(i, 2).c_str(), nullptr, 16)));
  return result;
}

static bytes big_endian(size_t size) {
  bytes result;
  for (int shift = 24; shift >= 0; shift -= 8) result.push_back(char(size >> shift & 0xff));
  return result;
}

static bytes hmac(const bytes &key, const bytes &message) {
  unsigned char out[32];
  unsigned int size = sizeof out;
  HMAC(EVP_sha256(), key.data(), int(key.size()), reinterpret_cast<const unsigned char *>(message.data()), message.size(), out, &size);
  return {reinterpret_cast<char *>(out), size};
}

// A link, plain or not, and the messages on it.
struct Link {
  int descriptor = -1;
  SSL *ssl = nullptr;
  bytes incoming;

  void write(const bytes &data) {
    long count = ssl ? SSL_write(ssl, data.data(), int(data.size())) : send(descriptor, data.data(), data.size(), MSG_NOSIGNAL);
    if (count != long(data.size())) fail("the node takes nothing");
  }

  bytes read(size_t count) {
    while (incoming.size() < count) {
      char part[16384];
      long got = ssl ? SSL_read(ssl, part, sizeof part) : recv(descriptor, part, sizeof part, 0);
      if (got <= 0) fail("the node has ended the connection");
      incoming.append(part, size_t(got));
    }
    bytes result = incoming.substr(0, count);
    incoming.erase(0, count);
    return result;
  }

  bytes next() {
    size_t length = 0;
    for (unsigned char digit : read(4)) length = length << 8 | digit;
    return length ? read(length) : next();
  }

  ~Link() {
    if (ssl) SSL_free(ssl);
    if (descriptor >= 0) close(descriptor);
  }
};

static void dial(Link &link, int port, SSL_CTX *context) {
  static unsigned number = 0;
  link.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;
  setsockopt(link.descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(0x7F500001u + number++ % 0xFFFFu);
  if (bind(link.descriptor, reinterpret_cast<sockaddr *>(&address), sizeof address)) fail("bind");
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(uint16_t(port));
  if (connect(link.descriptor, reinterpret_cast<sockaddr *>(&address), sizeof address)) fail("connect");
  if (!context) return;
  link.ssl = SSL_new(context);
  SSL_set_fd(link.ssl, link.descriptor);
  if (SSL_connect(link.ssl) != 1) fail("no TLS");
}

static bytes extended(int id, const bytes &payload) {
  return big_endian(payload.size() + 2) + bytes{char(20), char(id)} + payload;
}

struct Proof {
  bytes id, secret, reserved, info_hash, peer_id;
};

// The offer within an extended handshake: of a fixed size.
static bytes offer_of(const bytes &message) {
  size_t at = message.find("7:gr_authd1:n32:");
  if (at == bytes::npos || message.size() < at + 55) return {};
  return message.substr(at + 9, 46);
}

static int number_of(const bytes &message) {
  size_t at = message.find("7:gr_authi");
  return at == bytes::npos ? -1 : atoi(message.c_str() + at + 10);
}

static void enter(Link &link, const Proof &proof, bool proves) {
  bytes binding, nonce(32, '\0');
  RAND_bytes(reinterpret_cast<unsigned char *>(&nonce[0]), 32);
  if (link.ssl) {
    unsigned char out[32];
    SSL_export_keying_material(link.ssl, out, sizeof out, "EXPORTER-Channel-Binding", 24, nullptr, 0, 1);
    binding.assign(reinterpret_cast<char *>(out), sizeof out);
  }
  bytes own = "d1:n32:" + nonce + "1:vi1ee";
  bytes hello = proves ? "d7:gr_auth" + own + "1:md7:gr_authi9eee" : "d1:mdee";
  link.write(bytes("\x13" "BitTorrent protocol", 20) + proof.reserved + proof.info_hash + proof.peer_id + extended(0, hello));
  bytes theirs = link.read(68);
  for (;;) {
    bytes message = link.next();
    if (message[0] == 5 || message[0] == 14 || message[0] == 15) return;
    bytes offer = message[0] == 20 && message[1] == 0 ? offer_of(message) : bytes();
    if (!proves || offer.empty()) continue;
    bytes transcript;
    for (const bytes &field :
         {bytes("granary gr_auth 1"), bytes("dialer"), proof.reserved, theirs.substr(20, 8), proof.info_hash, proof.peer_id,
          theirs.substr(48, 20), own, offer, binding, proof.id, bytes(), bytes()})
      transcript += big_endian(field.size()) + field;
    bytes mac = hmac(proof.secret, transcript);
    link.write(extended(number_of(message), "d1:k" + std::to_string(proof.id.size()) + ":" + proof.id + "1:p32:" + mac + "e"));
  }
}

int main(int argc, char **argv) {
  if (argc != 9) return 64;
  signal(SIGPIPE, SIG_IGN);
  int port = atoi(argv[1]), count = atoi(argv[2]);
  SSL_CTX *context = nullptr;
  if (bytes(argv[3]) != "-") {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    if (SSL_CTX_use_certificate_chain_file(context, argv[3]) != 1 || SSL_CTX_use_PrivateKey_file(context, argv[4], SSL_FILETYPE_PEM) != 1)
      fail("no certificate");
  }
  Proof proof{argv[6], unhex(argv[7]), bytes("\0\0\0\0\0\x10\0\x04", 8), unhex(argv[5]), "-XX0001-abcdefghijkl"};
  bytes until = argv[8];
  for (int i = 0; i < count; i++) {
    Link link;
    double began = now();
    dial(link, port, context);
    if (until != "tls") enter(link, proof, until == "auth");
    printf("%.2f\n", now() - began);
  }
}
