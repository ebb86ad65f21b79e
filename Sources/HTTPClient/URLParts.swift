/// An absolute URL taken apart (RFC 3986), with everything refused that two readers could understand differently.
///
/// User names and passwords, control characters, blanks, backslashes and bytes beyond ASCII are refused; the fragment is dropped,
/// since it is never sent; path and query are kept as they are written.
package struct URLParts: Hashable, Sendable {
  /// The longest URL we take, in bytes.
  package static let maximumLength = 8192

  /// The scheme in lower case.
  package let scheme: String
  /// The host.
  package let host: URLHost
  /// The port, 1 to 65535, where one is written.
  package let port: UInt16?
  /// The path as written; may be empty.
  package let path: String
  /// The query as written, without `?`; nil where there is none.
  package let query: String?

  /// Takes a URL apart. Throws `URLProblem` with the offset of the fault.
  package init(_ text: String) throws(URLProblem) {
    let bytes = Array(text.utf8)
    try Self.checkBytes(bytes)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
      throw URLProblem("no scheme followed by ://")
    }
    scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
    let rest = bytes[(colon + 3)...]
    let authority = rest.prefix { !"/?#".utf8.contains($0) }
    (host, port) = try Self.hostAndPort(authority)
    let tail = rest[authority.endIndex...].prefix { $0 != UInt8(ascii: "#") }
    let mark = tail.firstIndex(of: UInt8(ascii: "?")) ?? tail.endIndex
    path = String(decoding: tail[..<mark], as: UTF8.self)
    query = mark == tail.endIndex ? nil : String(decoding: tail[(mark + 1)...], as: UTF8.self)
  }

  static func checkBytes(_ bytes: [UInt8]) throws(URLProblem) {
    guard bytes.count <= maximumLength else { throw URLProblem("longer than \(maximumLength) bytes", at: maximumLength) }
    let bad = bytes.firstIndex { !(0x21...0x7E).contains($0) || $0 == UInt8(ascii: "\\") }
    if let bad { throw URLProblem("a blank, control character, backslash or byte beyond ASCII", at: bad) }
  }

  private static func hostAndPort(_ authority: ArraySlice<UInt8>) throws(URLProblem) -> (URLHost, UInt16?) {
    if let at = authority.firstIndex(of: UInt8(ascii: "@")) {
      throw URLProblem("a user name or password before the host is not supported", at: at)
    }
    let afterBracket = authority.lastIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? authority.startIndex
    let host = authority[..<(authority[afterBracket...].firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex)]
    let rest = authority[host.endIndex...]
    return (try URLHost(host), rest.isEmpty ? nil : try port(rest.dropFirst()))
  }

  private static func port(_ digits: ArraySlice<UInt8>) throws(URLProblem) -> UInt16 {
    let isNumber = !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard isNumber, let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0 else {
      throw URLProblem("the port is no number from 1 to 65535", at: digits.startIndex)
    }
    return port
  }
}
