import COpenSSL

/// A text of PEM blocks (RFC 7468), and what is read from it and written to it.
struct PEMText {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Everything that `read` finds, until there is nothing more. Throws where a block is damaged.
  func all<Value>(_ read: (OpaquePointer) -> Value?) throws(OpenSSLError) -> [Value] {
    ERR_clear_error()
    guard let bio = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else { throw .taken(after: "BIO_new_mem_buf") }
    defer { BIO_free(bio) }
    var found: [Value] = []
    while let value = read(bio) { found.append(value) }
    // That there is no further block is how every reading ends.
    let last = ERR_peek_last_error()
    guard last != 0, !Self.isEnd(last) else {
      ERR_clear_error()
      return found
    }
    throw .taken(after: "reading PEM")
  }

  /// What `write` writes, as text; empty where it fails, which takes a lack of memory.
  static func written(_ write: (OpaquePointer) -> Int32) -> String {
    guard let bio = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(bio) }
    guard write(bio) == 1 else { return "" }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = BIO_read(bio, &buffer, Int32(buffer.count))
      guard count > 0 else { break }
      text += buffer[..<Int(count)]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Asked for a passphrase, it has none: nothing here may end up asking on the terminal, and a torrent's certificate is anybody's text.
  static let noPassphrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
    _, _, _, _ in -1
  }

  private static func isEnd(_ code: UInt) -> Bool {
    (code >> 23) & 0xFF == UInt(ERR_LIB_PEM) && code & 0x7F_FFFF == UInt(PEM_R_NO_START_LINE)
  }
}
