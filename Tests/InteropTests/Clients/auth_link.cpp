// A raw peer over TLS that speaks gr_auth: libtorrent's plugins cannot see the link.
//
//     auth_link --peer HOST:PORT --certificate FILE --private FILE --hash HEX --key ID --secret HEX [--exporter HEX] [--none]
//
// --exporter: the proof is bound to another link than this one, as a relay's would be; --none: to no link, as where one was stripped.
// Prints one JSON object: whether a proof came back and was right, and the ids of the messages that came after it.
#include "auth_wire.hpp"

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <iostream>
#include <libtorrent/bdecode.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/entry.hpp>
#include <map>

namespace {

struct link {
  SSL* ssl = nullptr;

  bool read(bytes& out, std::size_t count) {
    out.resize(count);
    std::size_t at = 0;
    while (at < count) {
      int const got = SSL_read(ssl, out.data() + at, int(count - at));
      if (got <= 0) return false;
      at += std::size_t(got);
    }
    return true;
  }

  void write(bytes const& data) { SSL_write(ssl, data.data(), int(data.size())); }

  // The next message: its id and payload; false at the end.
  bool next(int& id, bytes& payload) {
    bytes head;
    if (!read(head, 4)) return false;
    std::size_t length = 0;
    for (unsigned char c : head) length = length << 8 | c;
    if (length == 0) return next(id, payload);
    if (!read(payload, length)) return false;
    id = static_cast<unsigned char>(payload[0]);
    payload.erase(0, 1);
    return true;
  }
};

SSL* dial(std::map<std::string, std::string>& opt) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context, opt["--certificate"].c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, opt["--private"].c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("no certificate");
  auto const peer = opt["--peer"];
  auto const colon = peer.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(std::uint16_t(std::stoi(peer.substr(colon + 1))));
  inet_pton(AF_INET, peer.substr(0, colon).c_str(), &address.sin_addr);
  int const fd = socket(AF_INET, SOCK_STREAM, 0);
  timeval limit{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("no connection");
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (SSL_connect(ssl) != 1) throw std::runtime_error("no TLS");
  return ssl;
}

bytes exporter(SSL* ssl) {
  unsigned char out[32];
  SSL_export_keying_material(ssl, out, sizeof out, "EXPORTER-Channel-Binding", 24, nullptr, 0, 1);
  return {reinterpret_cast<char*>(out), sizeof out};
}

int run(std::map<std::string, std::string>& opt) {
  link wire{dial(opt)};
  transcript said;
  said.exporter = opt.count("--none") ? "" : opt.count("--exporter") ? unhex(opt["--exporter"]) : exporter(wire.ssl);
  said.dialer_reserved = bytes("\0\0\0\0\0\x10\0\x04", 8);
  said.info_hash = unhex(opt["--hash"]);
  said.dialer_id = "-XX0001-abcdefghijkl";
  wire.write("\x13" "BitTorrent protocol" + said.dialer_reserved + said.info_hash + said.dialer_id);

  unsigned char nonce[32];
  RAND_bytes(nonce, sizeof nonce);
  lt::entry hello(lt::entry::dictionary_t);
  hello["m"]["gr_auth"] = 9;
  hello["gr_auth"]["n"] = bytes(reinterpret_cast<char*>(nonce), sizeof nonce);
  hello["gr_auth"]["v"] = 1;
  lt::bencode(std::back_inserter(said.dialer_offer), hello["gr_auth"]);
  bytes encoded;
  lt::bencode(std::back_inserter(encoded), hello);
  wire.write(extended(0, encoded));

  bytes handshake, payload, proof;
  bool proven = false, spoke = false;
  std::vector<int> after;
  int id = 0;
  if (wire.read(handshake, 68)) {
    said.listener_reserved = handshake.substr(20, 8);
    said.listener_id = handshake.substr(48, 20);
    while (after.size() < 3 && wire.next(id, payload)) {
      if (proven) after.push_back(id);
      if (id != 20) continue;
      lt::error_code error;
      auto const body = lt::bdecode(lt::span<char const>(payload.data() + 1, long(payload.size()) - 1), error);
      if (error) continue;
      if (payload[0] == 0 && !spoke && body.dict_find_dict("gr_auth")) {
        spoke = true;
        auto const section = body.dict_find_dict("gr_auth").data_section();
        said.listener_offer.assign(section.data(), std::size_t(section.size()));
        proof = hmac(unhex(opt["--secret"]), said.of(true, opt["--key"], "", ""));
        lt::entry message(lt::entry::dictionary_t);
        message["k"] = opt["--key"];
        message["p"] = proof;
        bytes out;
        lt::bencode(std::back_inserter(out), message);
        wire.write(extended(int(body.dict_find_dict("m").dict_find_int_value("gr_auth")), out));
      } else if (payload[0] == 9) {
        proven = hmac(unhex(opt["--secret"]), said.of(false, opt["--key"], "", proof)) == body.dict_find_string_value("p");
      }
    }
  }
  std::cout << "{\"asked\":" << (spoke ? "true" : "false") << ",\"proven\":" << (proven ? "true" : "false") << ",\"after\":[";
  for (std::size_t i = 0; i < after.size(); ++i) std::cout << (i ? "," : "") << after[i];
  std::cout << "]}" << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> opt;
  for (int i = 1; i < argc; ++i) {
    std::string const name = argv[i];
    if (name == "--none") opt[name] = "";
    else if (i + 1 < argc) opt[name] = argv[++i];
  }
  try {
    return run(opt);
  } catch (std::exception const& error) {
    std::cerr << "auth_link: " << error.what() << std::endl;
    return 1;
  }
}
