/// What a peer did wrong on the wire, so wrong that the connection ends. A value: the code for programs, the message for people.
public struct ProtocolViolation: Error, Hashable, Sendable {
  /// The kind of violation.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// The first bytes are not BitTorrent's handshake.
    case wrongProtocol = "wrong_protocol"
    /// The length does not fit the message.
    case wrongLength = "wrong_length"
    /// The message is longer than what we take from this peer.
    case tooLong = "too_long"
    /// A payload that cannot be read: bencode, a missing key, a field that contradicts another.
    case malformed
    /// A piece, block or bit that the torrent does not have.
    case outOfRange = "out_of_range"
    /// A message at a time when it may not come.
    case unexpected
    /// A message of an extension that was not negotiated.
    case notNegotiated = "not_negotiated"
    /// An answer to something that we did not ask.
    case unrequested
    /// Too many messages that say nothing.
    case flood
  }

  /// Where in the stream of messages the fault lies.
  public struct Place: Hashable, Sendable {
    /// The message's name as the BEPs have it, `handshake`, or `message` where the kind is not known yet.
    public let message: String
    /// The field at fault, where it is one field.
    public let field: String?
    /// Bytes from the message's beginning (its length prefix), where that is known.
    public let offset: Int?

    public init(message: String, field: String? = nil, offset: Int? = nil) {
      (self.message, self.field, self.offset) = (message, field, offset)
    }
  }

  /// The kind of violation.
  public let code: Code
  /// A sentence for people. It holds numbers and names of ours only, never text that came from the peer.
  public let message: String
  /// Where the fault lies.
  public let place: Place

  public init(_ code: Code, _ message: String, at place: Place) {
    (self.code, self.message, self.place) = (code, message, place)
  }

  @inline(never)
  init(_ code: Code, _ id: MessageID, _ message: String, field: String? = nil, offset: Int? = nil) {
    self.init(code, message, at: Place(message: id.name, field: field, offset: offset))
  }
}

extension ProtocolViolation: CustomStringConvertible {
  /// `message.field at byte N: sentence`.
  public var description: String { "\(place): \(message)" }
}

extension ProtocolViolation.Place: CustomStringConvertible {
  public var description: String {
    let name = field.map { "\(message).\($0)" } ?? message
    return offset.map { "\(name) at byte \($0)" } ?? name
  }
}
