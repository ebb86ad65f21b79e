import Metainfo
import NIOCore
import OpenSSL
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// Two ends of a connection with `auth` on each, and what one has said to the other.
struct AuthRig {
  static let secret = String(repeating: "5a", count: 32)
  static let otherSecret = String(repeating: "5b", count: 32)

  /// A key of its holder's own, from a seed of one byte over and over.
  static func seed(_ byte: UInt8) -> String { HexText.text([UInt8](repeating: byte, count: 32)) }
  static func publicKey(_ byte: UInt8) throws -> String { HexText.text(try key(byte).publicKey.bytes) }
  static func key(_ byte: UInt8) throws -> Ed25519.PrivateKey { try Ed25519.PrivateKey(seed: [UInt8](repeating: byte, count: 32)) }

  /// A plugin with a file of keys.
  static func plugin(_ keys: LiteralValue, _ more: [String: LiteralValue] = ["requires": "none"]) throws -> AuthPlugin {
    let settings = LiteralValue.mapping(more.merging(["keys": "keys.yaml"]) { $1 })
    let services = PolicyFixtures.services(folder: "/etc", documents: LiteralDocuments(["/etc/keys.yaml": keys]))
    return try AuthPlugin(settings: try LiteralSettings(settings).decode(AuthSettings.self), services: services)
  }

  static let dialerHandshake = handshake(peer: 1, reserved: 0x10_0004)
  static let listenerHandshake = handshake(peer: 2, reserved: 0x10_0014)
  static let infoHash = SHA1Digest([UInt8](repeating: 0xAB, count: 20)) ?? .zero

  static func handshake(peer: UInt8, reserved: UInt64) -> PeerHandshake {
    guard let id = PeerID([UInt8](repeating: peer, count: 20)) else { preconditionFailure("20 bytes are a peer id") }
    return PeerHandshake(peerID: id, reserved: ReservedBits(rawValue: reserved), infoHash: infoHash)
  }

  static func opening(_ role: ConversationOpening.Role) -> ConversationOpening {
    role == .dialer
      ? ConversationOpening(role: role, infoHash: infoHash, ours: dialerHandshake, theirs: listenerHandshake)
      : ConversationOpening(role: role, infoHash: infoHash, ours: listenerHandshake, theirs: dialerHandshake)
  }

  static func facts(_ link: PeerLink = .plain, identities: [Identity] = []) -> PeerFacts {
    var facts = PolicyFixtures.peer()
    (facts.link, facts.identities) = (link, identities)
    return facts
  }

  /// What came of a conversation between two ends.
  struct Outcome {
    /// What the dialer said: its `gr_auth`.
    var proof: ByteBuffer?
    /// What the listener came to.
    var listener: ConversationStep
    /// What the dialer came to, where the listener answered.
    var dialer: ConversationStep?
  }

  /// Lets two ends speak. `tamper` may change what goes from the dialer to the listener.
  static func converse(
    dialer: AuthPlugin, listener: AuthPlugin, dialerFacts: PeerFacts = facts(), listenerFacts: PeerFacts = facts(),
    tamper: (ByteBuffer) -> ByteBuffer = { $0 }
  ) throws -> Outcome {
    let one = try #require(try dialer.converse(opening(.dialer), dialerFacts))
    let other = try #require(try listener.converse(opening(.listener), listenerFacts))
    guard case .wait = try other.onOffer(one.offer) else { return Outcome(listener: .refuse(reason: "no wait", rule: nil, place: nil)) }
    guard case .say(let proof) = try one.onOffer(other.offer) else { return Outcome(listener: .wait, dialer: .wait) }
    let step = try other.onMessage(tamper(proof))
    guard case .proven(let proven) = step, let answer = proven.answer else { return Outcome(proof: proof, listener: step) }
    return Outcome(proof: proof, listener: step, dialer: try one.onMessage(answer))
  }
}

extension ConversationStep {
  var identities: [String]? {
    if case .proven(let proof) = self { proof.identities.map(\.description) } else { nil }
  }

  var refusal: String? {
    if case .refuse(let reason, _, _) = self { reason } else { nil }
  }
}
