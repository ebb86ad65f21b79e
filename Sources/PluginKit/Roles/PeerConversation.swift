import Metainfo
import NIOCore
import PeerProtocol

/// What both ends of a connection know when their BitTorrent handshakes are exchanged: what a conversation may bind itself to.
public struct ConversationOpening: Sendable {
  /// Who dialed.
  public enum Role: Sendable, Hashable { case dialer, listener }

  /// Our part.
  public let role: Role
  /// The 20-byte info-hash that both handshakes name.
  public let infoHash: SHA1Digest
  /// The reserved bytes and peer id that we have sent.
  public let ours: PeerHandshake
  /// Those that the peer has sent.
  public let theirs: PeerHandshake

  package init(role: Role, infoHash: SHA1Digest, ours: PeerHandshake, theirs: PeerHandshake) {
    (self.role, self.infoHash, self.ours, self.theirs) = (role, infoHash, ours, theirs)
  }
}

/// What a conversation has found out about the peer.
public struct ConversationProof: Sendable {
  /// What the peer has proven, beside what the link proves.
  public let identities: [Identity]
  /// What limits the peer to less than the pipeline allows; nil for nothing.
  public let capability: Capability?
  /// What is sent under the conversation's name once every guard has allowed the connection, ahead of everything else.
  public let answer: ByteBuffer?

  public init(identities: [Identity], capability: Capability? = nil, answer: ByteBuffer? = nil) {
    (self.identities, self.capability, self.answer) = (identities, capability, answer)
  }
}

/// How a conversation goes on.
public enum ConversationStep: Sendable {
  /// The peer's turn.
  case wait
  /// This is sent; then it is the peer's turn.
  case say(ByteBuffer)
  /// The guards are asked again, with this.
  case proven(ConversationProof)
  /// The peer goes; the reason is for the journal, and the peer is told nothing.
  case refuse(reason: String, rule: String?, place: String?)
}

/// The words that a guard of `connect` needs with one peer before it can tell who that is: extended messages (BEP 10) under a name of its own,
/// after the handshakes and before anything is disclosed. Lives on the connection's event loop.
///
/// Our first extended handshake of such a connection has this name and the offer, and nothing that depends on the artifact; it is sent whether
/// we have the artifact or not, and at a moment that does not tell. What the peer sends besides meanwhile is kept, bounded, and looked at once it is authorized. A throw refuses
/// the peer. The deadline of the handshake holds for the conversation too.
public protocol PeerConversation: AnyObject {
  /// What stands under the conversation's name in our first extended handshake.
  var offer: Bencode { get }
  /// Whether the conversation is to be had whatever the artifact: it begins at once then, and nobody looks for the artifact first.
  var isForAll: Bool { get }
  /// Whether the conversation is to be had, now that the artifact is known, or known to be none of ours.
  func isNeeded(for facts: PeerFacts) -> Bool
  /// The peer's first extended handshake is there. `offer` is what it has under the name; nil where it does not know this conversation.
  func onOffer(_ offer: Bencode?) throws -> ConversationStep
  /// A message of the peer's under the name.
  func onMessage(_ payload: ByteBuffer) throws -> ConversationStep
}
