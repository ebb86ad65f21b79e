import Metainfo
import OpenSSL
internal import PluginKit

/// What proofs are checked against, and what we prove ourselves with: shared by all conversations.
struct AuthPolicy: Sendable {
  let keys: AuthKeys
  let issuers: TokenIssuers
  /// What we show when we dial; empty for none.
  let token: [UInt8]
  /// Whether that is bound to our certificate rather than to our key.
  let isTokenOfCertificate: Bool

  /// A proof that is not taken: for the journal.
  struct Refusal: Error {
    let reason: String
    var rule: String?
    var place: String?
  }

  /// Who the peer is, by its message; `bytes` are what the proof must be over.
  struct Proven {
    let identities: [Identity]
    let capability: Capability?
    /// The key that proved it, where it is one of the file's.
    let key: AuthKey?
  }

  /// Checks a peer's proof. `facts` are what the link says of it.
  func check(
    _ message: AuthMessage, _ facts: PeerFacts, over bytes: (_ key: String, _ token: [UInt8]) -> [UInt8]
  ) throws(Refusal) -> Proven {
    let signed = bytes(message.key, message.token)
    guard message.token.isEmpty else { return try checkToken(message, facts, signed) }
    let key = keys.keys[message.key]
    // A key that there is not takes as long as one that there is.
    let isRight = (key ?? keys.dummy(for: message.proof)).isValid(message.proof, over: signed)
    guard let key else { throw Refusal(reason: "there is no key '\(AuthPolicy.shown(message.key))'") }
    guard isRight else {
      let reason = "the proof is not key \(key.id)'s for this connection: another key, or a proof of another connection or link"
      throw Refusal(reason: reason, rule: key.rule, place: key.place)
    }
    if let problem = key.problem(at: facts.now) { throw Refusal(reason: problem, rule: key.rule, place: key.place) }
    return Proven(identities: [AuthPolicy.identity(key: key.id)], capability: nil, key: key)
  }

  private func checkToken(_ message: AuthMessage, _ facts: PeerFacts, _ signed: [UInt8]) throws(Refusal) -> Proven {
    let token: CapabilityToken
    do throws(CapabilityToken.Malformed) { token = try CapabilityToken(message.token) } catch { throw Refusal(reason: "\(error)") }
    let isBearer =
      switch token.bearer {
      case .key(let bytes): (try? Ed25519.PublicKey(bytes))?.isValid(message.proof, of: signed) ?? false
      case .certificate(let hash): facts.identities.contains { $0.name == "spki:" + HexText.text(hash) }
      }
    let name = "token \(token.issuer)/\(token.id)"
    guard isBearer else { throw Refusal(reason: "the peer is not whom \(name) is bound to, \(token.bearer.text)") }
    do throws(TokenIssuers.Refusal) {
      let capability = try issuers.check(token, at: facts.now)
      return Proven(identities: [AuthPolicy.identity(token: capability)], capability: capability, key: nil)
    } catch {
      throw Refusal(reason: error.reason, rule: error.rule, place: error.place)
    }
  }

  static let trust = Identity.conversationTrust
  static func identity(key: String) -> Identity { Identity(trust: trust, name: "key:\(key)") }
  static func identity(token: Capability) -> Identity { Identity(trust: trust, name: "token:\(token.issuer)/\(token.id)") }

  /// A peer's text, for the journal.
  static func shown(_ text: String) -> String {
    String(text.unicodeScalars.map { $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" })
  }
}
