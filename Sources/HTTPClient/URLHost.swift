import NIOCore

/// The host of a URL: an address, or a name that has to be looked up.
package enum URLHost: Hashable, Sendable {
  /// A registered name in lower case.
  case name(String)
  /// An address literal; its port is 0.
  case address(SocketAddress)

  /// The host as it stands in a URL or a `Host` field: IPv6 addresses in brackets.
  package var text: String {
    switch self {
    case .name(let name): name
    case .address(let address): address.protocol == .inet6 ? "[\(address.ipAddress ?? "")]" : address.ipAddress ?? ""
    }
  }

  /// The name, without the dot that may end it; nil for an address.
  package var name: String? { if case .name(let name) = self { String(name.hasSuffix(".") ? name.dropLast() : name[...]) } else { nil } }

  /// The name, or the address without brackets: what a certificate has.
  package var bare: String {
    switch self {
    case .name(let name): self.name ?? name
    case .address(let address): address.ipAddress ?? ""
    }
  }

  /// The host in these bytes of a URL, brackets included.
  ///
  /// Forms that resolvers take for an address though they do not look like one (`127.1`, `0x7f000001`) are refused, because a rule
  /// that was written for names or for dotted quads would not recognize them.
  init(_ bytes: ArraySlice<UInt8>) throws(URLProblem) {
    let text = String(decoding: bytes, as: UTF8.self)
    if bytes.first == UInt8(ascii: "[") {
      self = try Self.v6(text.dropFirst().dropLast(), at: bytes.startIndex)
    } else if Self.endsInNumber(text) {
      guard let address = Self.literal(text), address.protocol == .inet else {
        throw URLProblem("the host is neither a name nor an IPv4 address in its usual form", at: bytes.startIndex)
      }
      self = .address(address)
    } else {
      self = .name(try Self.checkedName(text.lowercased(), at: bytes.startIndex))
    }
  }

  private static func v6(_ text: Substring, at offset: Int) throws(URLProblem) -> URLHost {
    guard text.contains(":"), !text.contains("%"), let address = literal(String(text)), address.protocol == .inet6 else {
      throw URLProblem("no IPv6 address between the brackets", at: offset)
    }
    return .address(address)
  }

  private static func literal(_ text: String) -> SocketAddress? { try? SocketAddress(ipAddress: text, port: 0) }

  private static func endsInNumber(_ text: String) -> Bool {
    let labels = text.split(separator: ".")
    guard let last = labels.last?.lowercased() else { return false }
    return last.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } || last.hasPrefix("0x")
  }

  private static func checkedName(_ name: String, at offset: Int) throws(URLProblem) -> String {
    let labels = (name.hasSuffix(".") ? name.dropLast() : name[...]).split(separator: ".", omittingEmptySubsequences: false)
    guard name.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
      throw URLProblem("the host is empty, too long, or has an empty or over-long label", at: offset)
    }
    guard labels.allSatisfy({ $0.utf8.allSatisfy(isLabelByte) }) else {
      throw URLProblem("the host has a character that names do not have", at: offset)
    }
    return name
  }

  private static func isLabelByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }
}
