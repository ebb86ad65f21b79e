import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// Words with a peer before it is authorized: whatever it may say.
struct ConversationChecks {
  let bench: TrialBench

  func run() {
    guard let message = bench.plugin.conversation else { return }
    for facts in bench.facts(at: bench.world.now) {
      for role in [ConversationOpening.Role.listener, .dialer] {
        for words in Self.words(message) { converse(facts, role, words) }
      }
    }
  }

  /// An offer (nil: none), and messages behind it.
  private typealias Words = (offer: Bencode?, messages: [[UInt8]])

  private static func words(_ message: ExtendedMessage) -> [Words] {
    let messages: [[UInt8]] = [[], [0], Array("de".utf8), [UInt8](repeating: UInt8(ascii: "l"), count: message.maximumSize)]
    let offers: [Bencode?] = [nil, .integer(-1), .bytes([]), .list([]), .dictionary([:]), .dictionary([Array("v".utf8): .integer(.max)])]
    return offers.map { ($0, messages) }
  }

  private func converse(_ facts: PeerFacts, _ role: ConversationOpening.Role, _ words: Words) {
    var early = facts
    early.artifact = nil
    guard let conversation = try? bench.installed.plugin.converse(opening(facts, role), early) else { return }
    var hello = ExtendedHandshake()
    hello.extra["offer"] = conversation.offer
    if (try? ExtendedHandshake.decode(ByteBuffer(bytes: hello.encoded()))) == nil {
      found("an offer that fits in an extended handshake", "\(hello.encoded().count) bytes that nobody takes")
    }
    _ = conversation.isNeeded(for: facts)
    // A throw refuses the peer, as does a refusal: both are answers to such words.
    guard let step = try? conversation.onOffer(words.offer), look(at: step) else { return }
    for message in words.messages {
      guard let step = try? conversation.onMessage(ByteBuffer(bytes: message)), look(at: step) else { return }
    }
  }

  /// Whether it goes on.
  private func look(at step: ConversationStep) -> Bool {
    switch step {
    case .wait: return true
    case .say(let payload):
      if payload.readableBytes > 1 << 20 { found("messages of at most 1 MiB", "\(payload.readableBytes) bytes") }
      return true
    case .proven(let proof):
      if !proof.identities.isEmpty { found("nobody to be proven who has said nothing of use", "\(proof.identities) is") }
      return false
    case .refuse(let reason, _, _):
      if let flaw = CleanText.flaw(of: reason) { bench.log.found(.reason, .converse, "a reason that people can read", flaw) }
      return false
    }
  }

  private func opening(_ facts: PeerFacts, _ role: ConversationOpening.Role) -> ConversationOpening {
    let infoHash = facts.infoHash ?? .zero
    func handshake(_ peer: PeerID?) -> PeerHandshake {
      PeerHandshake(peerID: peer ?? .random(prefix: "-XX0000-"), reserved: .ours(v2: false), infoHash: infoHash)
    }
    return ConversationOpening(role: role, infoHash: infoHash, ours: handshake(nil), theirs: handshake(facts.peerID))
  }

  private func found(_ expected: String, _ happened: String) { bench.log.found(.conversation, .converse, expected, happened) }
}
