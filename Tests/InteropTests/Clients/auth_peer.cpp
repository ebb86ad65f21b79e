// A libtorrent client with a plugin that speaks gr_auth: what a team would write that keeps its own client.
//
//     auth_peer --torrent FILE --to DIR [--peer HOST:PORT] [--listen HOST:PORT] --timeout SECONDS
//               [--key ID --secret HEX | --key ID --seed HEX] [--their-key ID --public HEX] [--token HEX] [--replay HEX]
//               [--hear NAME]... [--say NAME=TEXT]... [--rate BYTES] [--stay]
//
// Prints one JSON object: whether it has everything, what was proven, the proof that was sent, what was heard, why the peer went.
#include "auth_wire.hpp"

#include <openssl/rand.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/bdecode.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/extensions.hpp>
#include <libtorrent/peer_connection.hpp>
#include <libtorrent/peer_connection_handle.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/torrent_info.hpp>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

// What the command line says.
struct options {
  std::string torrent, to, peer, listen = "127.0.0.1:0", key, secret, seed, their_key, their_public, token, replay;
  std::vector<std::string> hear;
  std::vector<std::pair<std::string, std::string>> say;
  double timeout = 20;
  bool stay = false;
  int rate = 0;
};

// What happened, for the report.
struct diary {
  std::mutex mutex;
  bool proven = false;
  std::string proof, refused;
  std::vector<std::string> heard, ends;
};

// One connection's part of the plugin: the wire format is in the article on gr_auth.
struct auth_peer final : lt::peer_plugin {
  static constexpr int auth_id = 77;

  auth_peer(lt::peer_connection_handle connection, options const& opt, diary& notes, lt::info_hash_t hashes)
      : pc(connection), opt(opt), notes(notes), hashes(hashes) {
    unsigned char nonce[32];
    RAND_bytes(nonce, sizeof nonce);
    lt::entry offer(lt::entry::dictionary_t);
    offer["n"] = bytes(reinterpret_cast<char*>(nonce), sizeof nonce);
    offer["v"] = 1;
    our_offer_entry = offer;
    lt::bencode(std::back_inserter(our_offer), offer);
  }

  lt::string_view type() const override { return "gr_auth"; }

  void add_handshake(lt::entry& handshake) override {
    handshake["m"]["gr_auth"] = auth_id;
    handshake["gr_auth"] = our_offer_entry;
    for (std::size_t i = 0; i < opt.hear.size(); ++i) handshake["m"][opt.hear[i]] = auth_id + 1 + int(i);
  }

  bool on_handshake(lt::span<char const> reserved) override {
    their_reserved.assign(reserved.data(), std::size_t(reserved.size()));
    return true;
  }

  bool on_extension_handshake(lt::bdecode_node const& handshake) override {
    auto const names = handshake.dict_find_dict("m");
    if (names && their_id == 0) their_id = int(names.dict_find_int_value("gr_auth", 0));
    if (their_offer.empty()) {
      if (auto const offer = handshake.dict_find_dict("gr_auth")) {
        auto const section = offer.data_section();
        their_offer.assign(section.data(), std::size_t(section.size()));
        if (pc.is_outgoing()) prove();
      }
    }
    for (auto const& [name, text] : opt.say) {
      int const id = names ? int(names.dict_find_int_value(name, 0)) : 0;
      if (id != 0 && said.insert({name, true}).second) send(id, text);
    }
    return true;
  }

  bool on_extended(int length, int id, lt::span<char const> body) override {
    bool const is_ours = id >= auth_id && id <= auth_id + int(opt.hear.size());
    if (!is_ours) return false;
    if (body.size() < length) return true;
    bytes const payload(body.data(), std::size_t(body.size()));
    if (id == auth_id) return check(payload), true;
    std::lock_guard<std::mutex> lock(notes.mutex);
    notes.heard.push_back(opt.hear[std::size_t(id - auth_id - 1)] + "=" + hex(payload));
    return true;
  }

  void on_disconnect(lt::error_code const& code) override {
    std::lock_guard<std::mutex> lock(notes.mutex);
    notes.ends.push_back(code.message());
  }

 private:
  lt::peer_connection_handle pc;
  options const& opt;
  diary& notes;
  lt::info_hash_t hashes;
  lt::entry our_offer_entry;
  bytes our_offer, their_offer, their_reserved, our_proof;
  int their_id = 0;
  std::map<std::string, bool> said;

  // What libtorrent 2.0 sends for a torrent that has v1 alone, and for one that has v2 too.
  bytes our_reserved() const {
    bytes result("\0\0\0\0\0\x10\0\x05", 8);
    if (hashes.has_v2()) result[7] |= 0x10;
    return result;
  }

  bytes over(bool by_dialer, std::string const& key, bytes const& token, bytes const& dialer_proof) const {
    auto const ours = pc.native_handle()->our_pid().to_string(), theirs = pc.pid().to_string();
    bool const out = pc.is_outgoing();
    transcript said;
    said.dialer_reserved = out ? our_reserved() : their_reserved;
    said.listener_reserved = out ? their_reserved : our_reserved();
    said.info_hash = (hashes.has_v1() ? hashes.v1 : hashes.get_best()).to_string();
    said.dialer_id = out ? ours : theirs;
    said.listener_id = out ? theirs : ours;
    said.dialer_offer = out ? our_offer : their_offer;
    said.listener_offer = out ? their_offer : our_offer;
    return said.of(by_dialer, key, token, dialer_proof);
  }

  bytes make_proof(bytes const& message) const {
    return opt.seed.empty() ? hmac(unhex(opt.secret), message) : sign(unhex(opt.seed), message);
  }

  // We dialed: we speak first.
  void prove() {
    bytes const token = unhex(opt.token);
    our_proof = make_proof(over(true, opt.key, token, ""));
    bytes payload;
    if (!opt.replay.empty()) {
      payload = unhex(opt.replay);
    } else {
      lt::entry message(lt::entry::dictionary_t);
      message["k"] = opt.key;
      message["p"] = our_proof;
      if (!token.empty()) message["t"] = token;
      lt::bencode(std::back_inserter(payload), message);
    }
    {
      std::lock_guard<std::mutex> lock(notes.mutex);
      notes.proof = hex(payload);
    }
    send(their_id, payload);
  }

  // The other end's proof. A listener answers with its own.
  void check(bytes const& payload) {
    lt::error_code error;
    auto const message = lt::bdecode(payload, error);
    std::string const key = error ? "" : std::string(message.dict_find_string_value("k"));
    bytes const proof = error ? "" : bytes(message.dict_find_string_value("p"));
    bytes const signed_bytes = over(!pc.is_outgoing(), key, "", pc.is_outgoing() ? our_proof : "");
    bool const good = opt.their_public.empty() ? key == opt.key && hmac(unhex(opt.secret), signed_bytes) == proof
                                               : key == opt.their_key && verify(unhex(opt.their_public), proof, signed_bytes);
    {
      std::lock_guard<std::mutex> lock(notes.mutex);
      if (good) notes.proven = true;
      else notes.refused = "the peer's proof is wrong";
    }
    if (!good) return pc.disconnect(lt::error_code(boost::system::errc::permission_denied, lt::generic_category()), lt::operation_t::unknown);
    if (pc.is_outgoing()) return;
    lt::entry answer(lt::entry::dictionary_t);
    answer["k"] = opt.key;
    answer["p"] = make_proof(over(false, opt.key, "", proof));
    bytes out;
    lt::bencode(std::back_inserter(out), answer);
    send(their_id, out);
  }

  void send(int id, bytes const& payload) {
    bytes const message = extended(id, payload);
    pc.send_buffer(message.data(), int(message.size()));
  }
};

struct auth_torrent final : lt::torrent_plugin {
  auth_torrent(lt::info_hash_t hashes, options const& opt, diary& notes) : hashes(hashes), opt(opt), notes(notes) {}

  std::shared_ptr<lt::peer_plugin> new_connection(lt::peer_connection_handle const& connection) override {
    return std::make_shared<auth_peer>(connection, opt, notes, hashes);
  }

 private:
  lt::info_hash_t hashes;
  options const& opt;
  diary& notes;
};

options parse(int argc, char** argv) {
  options opt;
  for (int i = 1; i < argc; ++i) {
    std::string const name = argv[i];
    if (name == "--stay") {
      opt.stay = true;
      continue;
    }
    if (i + 1 >= argc) throw std::runtime_error(name + " needs a value");
    std::string const value = argv[++i];
    std::map<std::string, std::string*> const texts = {
        {"--torrent", &opt.torrent}, {"--to", &opt.to}, {"--peer", &opt.peer}, {"--listen", &opt.listen}, {"--key", &opt.key},
        {"--secret", &opt.secret}, {"--seed", &opt.seed}, {"--their-key", &opt.their_key}, {"--public", &opt.their_public},
        {"--token", &opt.token}, {"--replay", &opt.replay}};
    if (auto const found = texts.find(name); found != texts.end()) *found->second = value;
    else if (name == "--timeout") opt.timeout = std::stod(value);
    else if (name == "--rate") opt.rate = std::stoi(value);
    else if (name == "--hear") opt.hear.push_back(value);
    else if (name == "--say") opt.say.emplace_back(value.substr(0, value.find('=')), value.substr(value.find('=') + 1));
    else throw std::runtime_error("unknown option " + name);
  }
  return opt;
}

std::string quoted(std::string const& text) {
  std::string result = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c < 0x20 ? ' ' : char(c);
  }
  return result + "\"";
}

std::string list(std::vector<std::string> const& items) {
  std::string result = "[";
  for (auto const& item : items) result += (result.size() > 1 ? "," : "") + quoted(item);
  return result + "]";
}

int run(int argc, char** argv) {
  options const opt = parse(argc, argv);
  diary notes;
  lt::settings_pack settings;
  settings.set_str(lt::settings_pack::listen_interfaces, opt.listen);
  for (auto name : {lt::settings_pack::enable_dht, lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp, lt::settings_pack::enable_natpmp})
    settings.set_bool(name, false);
  settings.set_bool(lt::settings_pack::enable_outgoing_utp, false);
  settings.set_bool(lt::settings_pack::enable_incoming_utp, false);
  settings.set_bool(lt::settings_pack::allow_multiple_connections_per_ip, true);
  settings.set_int(lt::settings_pack::out_enc_policy, lt::settings_pack::pe_disabled);
  settings.set_int(lt::settings_pack::in_enc_policy, lt::settings_pack::pe_disabled);
  settings.set_int(lt::settings_pack::alert_mask, lt::alert_category::status | lt::alert_category::error);
  lt::session session(settings);

  lt::add_torrent_params params;
  params.ti = std::make_shared<lt::torrent_info>(opt.torrent);
  params.save_path = opt.to;
  // The torrent's own limit: the session's does not hold for peers on loopback.
  if (opt.rate > 0) params.download_limit = opt.rate;
  params.flags &= ~(lt::torrent_flags::auto_managed | lt::torrent_flags::paused);
  auto const hashes = params.ti->info_hashes();
  params.extensions.push_back(
      [&, hashes](lt::torrent_handle const&, lt::client_data_t) { return std::make_shared<auth_torrent>(hashes, opt, notes); });
  auto torrent = session.add_torrent(params);

  auto const deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(opt.timeout);
  bool connected = false, finished = false, told = false;
  while (std::chrono::steady_clock::now() < deadline) {
    bool has_ended = false;
    {
      std::lock_guard<std::mutex> lock(notes.mutex);
      has_ended = !notes.ends.empty() && !opt.peer.empty();
    }
    // After that: the last connection ends because all is there, which the status must have by then.
    auto const status = torrent.status();
    finished = status.is_seeding || status.is_finished;
    bool const is_checked = status.state != lt::torrent_status::checking_files && status.state != lt::torrent_status::checking_resume_data;
    if (!told && is_checked && session.listen_port() != 0) {
      told = true;
      std::cerr << "listening " << session.listen_port() << std::endl;
    }
    if (!connected && is_checked && !opt.peer.empty()) {
      auto const colon = opt.peer.rfind(':');
      torrent.connect_peer({lt::make_address(opt.peer.substr(0, colon)), std::uint16_t(std::stoi(opt.peer.substr(colon + 1)))});
      connected = true;
    }
    {
      std::lock_guard<std::mutex> lock(notes.mutex);
      bool const is_over = finished ? !opt.stay : has_ended;
      bool const has_heard = notes.heard.size() >= opt.hear.size();
      if (is_over && (has_heard || !finished)) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  auto const status = torrent.status();
  std::lock_guard<std::mutex> lock(notes.mutex);
  std::cout << "{\"finished\":" << (finished ? "true" : "false") << ",\"downloaded\":" << status.total_payload_download
            << ",\"proven\":" << (notes.proven ? "true" : "false") << ",\"proof\":" << quoted(notes.proof)
            << ",\"refused\":" << quoted(notes.refused) << ",\"heard\":" << list(notes.heard) << ",\"ends\":" << list(notes.ends) << "}"
            << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (std::exception const& error) {
    std::cerr << "auth_peer: " << error.what() << std::endl;
    return 64;
  }
}
