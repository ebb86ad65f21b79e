import Metainfo
import NIOCore
import OpenSSL
internal import PluginKit

/// One connection's auth handshake: who dialed proves itself first, and learns who we are only once every guard has let it in.
///
///     dialer                                listener
///       │ handshake ───────────────────────────▶│
///       │◀──────── handshake, offer (nonce) ────│   the same for every artifact
///       │ offer (nonce), proof ────────────────▶│   checked; then every guard is asked
///       │◀──────── proof, extended handshake … ─│
final class AuthConversation: PeerConversation {
  private enum State {
    case waitingForOffer
    /// The listener waits for the dialer's proof, the dialer for the listener's.
    case waitingForProof(AuthTranscript, ours: [UInt8])
    case over
  }

  let offer: Bencode
  private let policy: AuthPolicy
  private let opening: ConversationOpening
  private let facts: PeerFacts
  private let now: @Sendable () -> WallTime
  let isForAll: Bool
  private let isNeeded: @Sendable (PeerFacts) -> Bool
  private var state = State.waitingForOffer

  init(
    policy: AuthPolicy, opening: ConversationOpening, facts: PeerFacts, nonce: [UInt8], now: @escaping @Sendable () -> WallTime,
    isForAll: Bool, isNeeded: @escaping @Sendable (PeerFacts) -> Bool
  ) {
    (self.policy, self.opening, self.facts) = (policy, opening, facts)
    (self.now, self.isForAll, self.isNeeded) = (now, isForAll, isNeeded)
    offer = AuthOffer.make(nonce: nonce)
  }

  func isNeeded(for facts: PeerFacts) -> Bool { isNeeded(facts) }

  func onOffer(_ offer: Bencode?) throws -> ConversationStep {
    guard case .waitingForOffer = state else { return refuse("a second offer") }
    guard let offer else { return refuse("the peer does not know \(AuthMessage.name)") }
    guard AuthOffer.isGood(offer) else { return refuse("the peer's offer is not one of version \(AuthOffer.version)") }
    guard offer != self.offer else { return refuse("the peer's offer is our own, given back") }
    let transcript = AuthTranscript(
      opening, ourOffer: self.offer.encoded(), theirOffer: offer.encoded(), exporter: facts.link.certificate?.exporter)
    guard opening.role == .dialer else {
      state = .waitingForProof(transcript, ours: [])
      return .wait
    }
    let token = policy.token
    let message = try policy.keys.opening(token: token, isOfCertificate: policy.isTokenOfCertificate) { key in
      transcript.bytes(by: .dialer, key: key, token: token, dialerProof: [])
    }
    guard let message else { return refuse("we dial, and have no key to prove ourselves with") }
    state = .waitingForProof(transcript, ours: message.proof)
    return .say(message.payload)
  }

  func onMessage(_ payload: ByteBuffer) throws -> ConversationStep {
    guard case .waitingForProof(let transcript, let ours) = state else { return refuse("\(AuthMessage.name) out of turn") }
    state = .over
    do {
      let message = try AuthMessage(payload)
      return opening.role == .dialer ? try listenerProved(message, transcript, ours) : try dialerProved(message, transcript)
    } catch let malformed as AuthMessage.Malformed {
      return refuse(malformed.description)
    } catch let refusal as AuthPolicy.Refusal {
      return .refuse(reason: refusal.reason, rule: refusal.rule, place: refusal.place)
    }
  }

  private func dialerProved(_ message: AuthMessage, _ transcript: AuthTranscript) throws -> ConversationStep {
    let proven = try policy.check(message, current) { key, token in
      transcript.bytes(by: .dialer, key: key, token: token, dialerProof: [])
    }
    let answer = try policy.keys.answer(to: proven.key) { key in
      transcript.bytes(by: .listener, key: key, token: [], dialerProof: message.proof)
    }
    guard let answer else { return refuse("we have no key of our own to answer \(proven.identities[0]) with") }
    return .proven(ConversationProof(identities: proven.identities, capability: proven.capability, answer: answer.payload))
  }

  private func listenerProved(_ message: AuthMessage, _ transcript: AuthTranscript, _ ours: [UInt8]) throws -> ConversationStep {
    guard message.token.isEmpty else { return refuse("a listener shows no token") }
    let proven = try policy.check(message, current) { key, token in
      transcript.bytes(by: .listener, key: key, token: token, dialerProof: ours)
    }
    return .proven(ConversationProof(identities: proven.identities))
  }

  private var current: PeerFacts {
    var current = facts
    current.now = now()
    return current
  }

  private func refuse(_ reason: String) -> ConversationStep {
    state = .over
    return .refuse(reason: reason, rule: nil, place: nil)
  }
}
