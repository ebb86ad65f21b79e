import Metainfo
import NIOCore

/// How much we take in one extended handshake.
public struct ExtendedHandshakeLimits: Hashable, Sendable {
  /// Bytes of bencode.
  public var bytes: Int
  /// Levels of nesting.
  public var depth: Int
  /// Bencoded values, keys included.
  public var tokens: Int
  /// Names in `m`.
  public var names: Int
  /// Bytes of one name.
  public var nameLength: Int
  /// Bytes of the client's version; more are cut off.
  public var versionLength: Int

  /// The defaults are well above what clients send (about 300 bytes and ten names).
  public init(bytes: Int = 65_536, depth: Int = 16, tokens: Int = 2_048, names: Int = 256, nameLength: Int = 64, versionLength: Int = 256) {
    (self.bytes, self.depth, self.tokens) = (bytes, depth, tokens)
    (self.names, self.nameLength, self.versionLength) = (names, nameLength, versionLength)
  }
}

extension ExtendedHandshake {
  /// The extended handshake in a payload (without the message's number).
  ///
  /// Tolerant as clients in the field need it: keys in any order, bytes after the dictionary, values of the wrong type or out of range
  /// (left out), numbers of messages outside 0...255 (left out). Strict on what costs us: size, depth, number and length of names.
  /// - Throws: `.tooLong` beyond a limit, `.malformed` where the payload is no bencoded dictionary.
  public static func decode(
    _ payload: ByteBuffer, limits: ExtendedHandshakeLimits = ExtendedHandshakeLimits()
  ) throws(ProtocolViolation) -> ExtendedHandshake {
    guard payload.readableBytes <= limits.bytes else {
      throw violation(.tooLong, "\(payload.readableBytes) bytes, at most \(limits.bytes) are taken")
    }
    guard let entries = try decodeDictionary(payload, limits) else { throw violation(.malformed, "this is not a dictionary") }
    var handshake = ExtendedHandshake()
    for (key, value) in entries {
      guard let name = String(validating: key, as: UTF8.self) else { continue }
      if let known = Key(rawValue: name) {
        try handshake.set(known, value, limits)
      } else {
        handshake.extra[name] = value
      }
    }
    return handshake
  }

  private static func decodeDictionary(
    _ payload: ByteBuffer, _ limits: ExtendedHandshakeLimits
  ) throws(ProtocolViolation) -> [[UInt8]: Bencode]? {
    do throws(BencodeError) {
      let bencodeLimits = BencodeLimits(size: limits.bytes, depth: limits.depth, tokens: limits.tokens)
      return try Bencode.decodePrefix(Array(payload.readableBytesView), limits: bencodeLimits, options: .allowsUnsortedKeys).value
        .dictionary
    } catch {
      throw violation(error.isOverLimit ? .tooLong : .malformed, "the bencode is not acceptable: \(error)")
    }
  }

  private mutating func set(_ key: Key, _ value: Bencode, _ limits: ExtendedHandshakeLimits) throws(ProtocolViolation) {
    switch key {
    case .messages: messages = try Self.messages(value, limits)
    case .metadataSize: metadataSize = Self.count(value, from: 1)
    case .requestQueue: requestQueue = Self.count(value, from: 1)
    case .clientVersion: clientVersion = value.bytes.map { String(decoding: $0.prefix(limits.versionLength), as: UTF8.self) }
    case .listenPort: listenPort = value.integer.flatMap { UInt16(exactly: $0) }.flatMap { $0 == 0 ? nil : $0 }
    case .yourIP: yourIP = value.bytes.flatMap { $0.count == 4 || $0.count == 16 ? $0 : nil }
    case .uploadOnly: uploadOnly = value.integer.map { $0 != 0 }
    case .completeAgo: completeAgo = Self.count(value, from: 0)
    }
  }

  private static func messages(_ value: Bencode, _ limits: ExtendedHandshakeLimits) throws(ProtocolViolation) -> [String: UInt8] {
    guard let entries = value.dictionary else { return [:] }
    guard entries.count <= limits.names else {
      throw violation(.tooLong, "\(entries.count) names, at most \(limits.names) are taken", field: "m")
    }
    var messages: [String: UInt8] = [:]
    for (name, number) in entries {
      guard name.count <= limits.nameLength else {
        throw violation(.tooLong, "a name of \(name.count) bytes, at most \(limits.nameLength) are taken", field: "m")
      }
      guard let name = String(validating: name, as: UTF8.self), let id = number.integer.flatMap({ UInt8(exactly: $0) }) else { continue }
      messages[name] = id
    }
    return messages
  }

  private static func count(_ value: Bencode, from least: Int) -> Int? {
    value.integer.flatMap { Int(exactly: $0) }.flatMap { $0 < least ? nil : $0 }
  }

  private static func violation(_ code: ProtocolViolation.Code, _ message: String, field: String? = nil) -> ProtocolViolation {
    ProtocolViolation(code, message, at: .init(message: "extended handshake", field: field))
  }
}

extension BencodeError {
  /// Whether a limit of ours was passed, rather than a rule of bencode broken.
  var isOverLimit: Bool {
    switch reason {
    case .tooLarge, .tooDeep, .tooManyTokens: true
    default: false
    }
  }
}
