// The wire format of gr_auth, as its article has it: what the clients of these tests share.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <vector>

using bytes = std::string;

inline bytes unhex(std::string const& text) {
  bytes result;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) result.push_back(char(std::stoi(text.substr(i, 2), nullptr, 16)));
  return result;
}

inline std::string hex(bytes const& data) {
  static char const digits[] = "0123456789abcdef";
  std::string result;
  for (unsigned char c : data) result += {digits[c >> 4], digits[c & 15]};
  return result;
}

inline unsigned char const* raw(bytes const& data) { return reinterpret_cast<unsigned char const*>(data.data()); }

inline bytes hmac(bytes const& key, bytes const& message) {
  unsigned char out[32];
  unsigned int size = sizeof out;
  HMAC(EVP_sha256(), key.data(), int(key.size()), raw(message), message.size(), out, &size);
  return {reinterpret_cast<char*>(out), size};
}

inline bytes sign(bytes const& seed, bytes const& message) {
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed), seed.size());
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  unsigned char out[64];
  std::size_t size = sizeof out;
  EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key);
  EVP_DigestSign(context, out, &size, raw(message), message.size());
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return {reinterpret_cast<char*>(out), size};
}

inline bool verify(bytes const& public_key, bytes const& signature, bytes const& message) {
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(public_key), public_key.size());
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  bool const good = EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key) == 1 &&
                    EVP_DigestVerify(context, raw(signature), signature.size(), raw(message), message.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return good;
}

// A number as four bytes, highest first.
inline bytes big_endian(std::size_t size) {
  bytes result;
  for (int shift = 24; shift >= 0; shift -= 8) result.push_back(char(size >> shift & 0xff));
  return result;
}

// What a proof is made over.
struct transcript {
  bytes dialer_reserved, listener_reserved, info_hash, dialer_id, listener_id, dialer_offer, listener_offer, exporter;

  bytes of(bool by_dialer, std::string const& key, bytes const& token, bytes const& dialer_proof) const {
    std::vector<bytes> const fields = {
        "granary gr_auth 1", by_dialer ? "dialer" : "listener", dialer_reserved, listener_reserved, info_hash, dialer_id, listener_id,
        dialer_offer, listener_offer, exporter, key, token, dialer_proof};
    bytes result;
    for (auto const& field : fields) result += big_endian(field.size()) + field;
    return result;
  }
};

// An extended message (BEP 10) with its length.
inline bytes extended(int id, bytes const& payload) {
  return big_endian(payload.size() + 2) + bytes{char(20), char(id)} + payload;
}
