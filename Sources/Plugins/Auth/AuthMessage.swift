import Metainfo
import NIOCore

/// The extended message `gr_auth`: a bencoded dictionary with a proof.
///
/// | key | value |
/// |---|---|
/// | `k` | the id of the key that proves, 1 to 64 bytes; empty where a token names the key |
/// | `p` | the proof: 32 bytes of HMAC-SHA-256, or 64 of Ed25519; empty where a token is bound to the link's certificate |
/// | `t` | a token; only the dialer shows one |
struct AuthMessage: Sendable, Hashable {
  static let name = "gr_auth"
  /// Bytes of a payload, at most.
  static let maximumSize = 8_192
  static let longestKey = 64

  var key: String
  var proof: [UInt8]
  var token: [UInt8] = []

  init(key: String, proof: [UInt8], token: [UInt8] = []) {
    (self.key, self.proof, self.token) = (key, proof, token)
  }

  /// A message that is not as the table says.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  init(_ payload: ByteBuffer) throws(Malformed) {
    let value: Bencode
    do throws(BencodeError) {
      value = try Bencode.decode(Array(payload.readableBytesView), limits: Self.limits)
    } catch {
      throw Malformed(description: "\(Self.name): \(error)")
    }
    guard let key = value["k"]?.string, key.utf8.count <= Self.longestKey else { throw Malformed(description: "\(Self.name): no key id") }
    guard let proof = value["p"]?.bytes, [0, 32, 64].contains(proof.count) else { throw Malformed(description: "\(Self.name): no proof") }
    (self.key, self.proof, token) = (key, proof, value["t"]?.bytes ?? [])
  }

  private static let limits = BencodeLimits(size: maximumSize, depth: 2, tokens: 16)

  var payload: ByteBuffer {
    var entries: [[UInt8]: Bencode] = [Array("k".utf8): .string(key), Array("p".utf8): .bytes(proof)]
    if !token.isEmpty { entries[Array("t".utf8)] = .bytes(token) }
    return ByteBuffer(bytes: Bencode.dictionary(entries).encoded())
  }
}

/// What each side offers in its extended handshake under `gr_auth`: the version, and 32 random bytes that make the conversation unlike any other.
enum AuthOffer {
  static let version: Int64 = 1
  static let nonceByteCount = 32

  static func make(nonce: [UInt8]) -> Bencode { .dictionary(["n": .bytes(nonce), "v": .integer(version)]) }

  /// Whether a peer's offer is one that we can answer.
  static func isGood(_ offer: Bencode) -> Bool {
    offer["v"]?.integer == version && offer["n"]?.bytes?.count == nonceByteCount
  }
}
