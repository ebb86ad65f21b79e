import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// The words that a guard has with the peer of one connection, and what the peer has sent besides.
final class PeerDialogue {
  let installed: InstalledPlugin
  let conversation: any PeerConversation
  /// The extended message's name, the number under which we receive it, and the longest payload.
  let name: String
  let number: UInt8
  let longest: Int
  /// The peer's handshake.
  let handshake: Handshake
  /// The number under which the peer receives it.
  private(set) var theirNumber: UInt8?
  private(set) var hasOffer = false
  /// What comes before the peer is authorized, and is none of the conversation's.
  private(set) var kept: [PeerMessage] = []
  private var keptBytes = 0
  /// What the peer has proven.
  var proof: ConversationProof?
  /// Whether our own first words are said.
  var hasBegun = false
  /// When the peer's latest word was there.
  var spoken: NIODeadline?

  /// More than a client says of its own accord, whatever its bitfield's size.
  private static let mostKept = 64
  private static let mostKeptBytes = MessageLimits.unknownBitfield + 65_536

  init(_ installed: InstalledPlugin, _ conversation: any PeerConversation, _ row: MessageTable.Row, _ handshake: Handshake) {
    (self.installed, self.conversation, self.handshake) = (installed, conversation, handshake)
    (name, number, longest) = (row.name, row.id, row.maximumSize)
  }

  /// What a message is for the conversation.
  enum Word {
    case offer(Bencode?)
    case message(ByteBuffer)
    /// It is kept for later.
    case other
  }

  /// Takes one message. Throws where there is too much of what is kept, or what is said is out of order.
  func take(_ message: PeerMessage) throws -> Word {
    switch message {
    case .extended(0, let payload) where !hasOffer:
      hasOffer = true
      let handshake = try ExtendedHandshake.decode(payload)
      theirNumber = handshake.messages[name].flatMap { $0 == 0 ? nil : $0 }
      try keep(message, payload.readableBytes)
      return .offer(theirNumber == nil ? nil : handshake.extra[name])
    case .extended(number, let payload):
      guard hasOffer else { throw Unexpected(description: "\(name) came before the extended handshake") }
      guard payload.readableBytes <= longest else { throw OversizedMessage(name: name, size: payload.readableBytes, maximum: longest) }
      return .message(payload)
    case .extended(_, let payload), .bitfield(let payload), .unknown(_, let payload): try keep(message, payload.readableBytes)
    case .keepAlive: break
    default: try keep(message, 0)
    }
    return .other
  }

  /// What was kept, once.
  func takeKept() -> [PeerMessage] {
    defer { kept = [] }
    return kept
  }

  private func keep(_ message: PeerMessage, _ bytes: Int) throws {
    guard kept.count < Self.mostKept, keptBytes + bytes <= Self.mostKeptBytes else {
      throw Unexpected(description: "more was sent before \(name) than is kept")
    }
    kept.append(message)
    keptBytes += bytes
  }

  /// A peer that does not keep to the order of things.
  struct Unexpected: Error, CustomStringConvertible {
    let description: String
  }
}
