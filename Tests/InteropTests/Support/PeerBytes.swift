/// Bytes as peers send them (BEP 3, 6, 10), built by hand here so that nothing is checked on the way out.
enum PeerBytes {
  /// Message ids.
  enum ID {
    static let choke: UInt8 = 0
    static let unchoke: UInt8 = 1
    static let interested: UInt8 = 2
    static let have: UInt8 = 4
    static let bitfield: UInt8 = 5
    static let request: UInt8 = 6
    static let piece: UInt8 = 7
    static let cancel: UInt8 = 8
    static let haveAll: UInt8 = 14
    static let haveNone: UInt8 = 15
    static let reject: UInt8 = 16
    static let extended: UInt8 = 20
    static let hashRequest: UInt8 = 21
  }

  static let handshakeLength = 68

  /// A handshake: extended messages and the fast extension announced.
  static func handshake(infoHash: [UInt8], reserved: [UInt8] = [0, 0, 0, 0, 0, 0x10, 0, 0x04]) -> [UInt8] {
    [19] + Array("BitTorrent protocol".utf8) + reserved + infoHash + Array("-XX0001-abcdefghijkl".utf8)
  }

  /// A message with its length in front.
  static func message(id: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
    number(UInt32(payload.count + 1)) + [id] + payload
  }

  /// What names a block: piece, offset in it, length.
  static func block(_ piece: Int, _ offset: Int, _ length: Int) -> [UInt8] {
    [piece, offset, length].flatMap { number(UInt32(truncatingIfNeeded: $0)) }
  }

  /// Four bytes, most significant first.
  static func number(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian, Array.init)
  }

  /// The bytes that the hexadecimal text names.
  static func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
  /// The bytes in hexadecimal.
  static func text(_ bytes: [UInt8]) -> String {
    bytes.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
  }
}
