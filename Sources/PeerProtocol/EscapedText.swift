/// Bytes that came from a peer, made safe to print: printable ASCII stays, all else becomes `\xNN`.
package enum EscapedText {
  /// The bytes with everything but printable ASCII, and the backslash itself, written as `\xNN`.
  package static func escape(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes {
      if isPlain(byte) { text.append(byte) } else { text += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digit(byte >> 4), digit(byte & 15)] }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\\") }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
}
