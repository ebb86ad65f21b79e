internal import PluginKit

/// `ADDRESS:PORT`: `10.0.0.2:6881`, `[fd00::2]:6881`.
struct SocketAddress: TextValue {
  let address: PeerAddress

  static let expected = "ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\""

  init(text: String) throws(SettingsProblem) {
    guard !text.contains("%") else { throw Self.mismatch(text, "an address with a zone is not supported") }
    let port = text.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
    guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let address = PeerAddress(text) else {
      throw Self.mismatch(text, Self.hint(text))
    }
    self.address = address
  }

  private static func hint(_ text: String) -> String {
    if text.contains("://") { return "leave out what stands before the address" }
    if let address = IPAddress(text) {
      return "the port is missing: " + PeerAddress(ip: address, port: 6881).description
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let host = parts.first, let port = parts.last else { return "" }
    if host.isEmpty || host == "*" { return "for every address write 0.0.0.0:\(port) or \"[::]:\(port)\"" }
    if IPAddress(String(host)) != nil { return "a port is a number from 0 to 65535" }
    return host.contains(where: \.isLetter) ? "names are not resolved here, write the address" : ""
  }
}

/// The announce URL of a tracker: HTTP, HTTPS or UDP (BEP 3, BEP 15).
struct TrackerURL: TextValue {
  let text: String

  static let expected = "an announce URL such as http://tracker.corp:6969/announce"

  init(text: String) throws(SettingsProblem) {
    guard let separator = text.firstRange(of: "://") else { throw Self.mismatch(text) }
    let scheme = text[..<separator.lowerBound].lowercased()
    guard ["http", "https", "udp"].contains(scheme) else { throw Self.mismatch(text, "known are http, https and udp") }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Self.mismatch(text, "spaces and letters beyond ASCII must be percent-encoded")
    }
    let authority = text[separator.upperBound...].prefix { !"/?#".contains($0) }
    guard !authority.contains("@") else { throw Self.mismatch("\(scheme)://…", "a URL with a password would be published") }
    try Self.check(authority, scheme, text)
    self.text = text
  }

  private static func check(_ authority: Substring, _ scheme: String, _ text: String) throws(SettingsProblem) {
    var (host, port) = (authority, Substring())
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      (host, port) = (authority[..<colon], authority[authority.index(after: colon)...])
      guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port), number > 0 else {
        throw mismatch(text, "a port is a number from 1 to 65535")
      }
    }
    guard HostName.isHost(String(host)) else { throw mismatch(text, "the host is missing or not one") }
    guard scheme != "udp" || !port.isEmpty else { throw mismatch(text, "a UDP tracker needs a port") }
  }
}

/// A host: a name or an address, without scheme and port.
struct HostName: TextValue {
  /// In lower case; an address in its usual form, without brackets.
  let text: String

  static let expected = "a host such as tracker.corp"

  init(text: String) throws(SettingsProblem) {
    guard !text.contains("://"), !text.contains("/") else { throw Self.mismatch(text, "write the host alone, without scheme and path") }
    guard !text.contains("*") else { throw Self.mismatch(text, "patterns are not supported here") }
    let bare = IPAddress(text) == nil && text.contains(":") && !text.hasPrefix("[")
    guard !bare else { throw Self.mismatch(text, "write the host alone, without the port") }
    guard Self.isHost(text) else { throw Self.mismatch(text) }
    let address = IPAddress(text.hasPrefix("[") ? String(text.dropFirst().dropLast()) : text)
    self.text = address?.description ?? text.lowercased()
  }

  /// Whether the text is an address, an IPv6 address in brackets, or a name of RFC 1123 (underscores allowed, as the DNS does).
  static func isHost(_ text: String) -> Bool {
    guard !text.contains("%") else { return false }
    if text.hasPrefix("["), text.hasSuffix("]") { return IPAddress(String(text.dropFirst().dropLast()))?.family == .v6 }
    if IPAddress(text) != nil { return true }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= 253 && labels.allSatisfy(isLabel)
  }

  private static func isLabel(_ label: Substring) -> Bool {
    let bytes = Array(label.utf8)
    guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-") else { return false }
    return bytes.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x5F
    }
  }
}
