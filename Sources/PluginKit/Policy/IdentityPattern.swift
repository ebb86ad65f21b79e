/// Whom a list means: `TRUST/KIND:REST`, such as `fleet/spiffe://corp/edge/*`, `fleet/dns:build-*.corp`, `fleet/cn:depot`, `fleet/spki:HEX`.
///
/// The trust entry is meant as it is written; `torrent:*` is that of any SSL torrent. In the rest `*` stands for one character or more, none of
/// them `/` or `.`. A pattern is for names of its own kind: a common name is never taken for a host or a SPIFFE id. Case counts, except for
/// hosts.
public struct IdentityPattern: Sendable, Hashable, CustomStringConvertible {
  /// What a name is, as its text begins.
  enum Kind: String, Sendable, CaseIterable {
    case spiffe = "spiffe://"
    case host = "dns:"
    case commonName = "cn:"
    case publicKey = "spki:"
    case key = "key:"
    case token = "token:"
  }

  public let description: String
  private let trust: String
  /// The trust entry that is meant, as it is written.
  package var trustEntry: String { trust }
  private let isOfAnyTorrent: Bool
  private let kind: Kind
  private let rest: [UInt8]

  private static let example = "write TRUST/KIND:NAME, such as fleet/spiffe://corp/edge/* or fleet/dns:build-*.corp"

  /// Throws `SettingsProblem` with what is wrong and how to write it.
  public init(_ text: String) throws(SettingsProblem) {
    guard let slash = text.firstIndex(of: "/"), slash > text.startIndex else {
      throw SettingsProblem("'\(text)' names no trust entry: \(Self.example)")
    }
    let (trust, name) = (String(text[..<slash]), text[text.index(after: slash)...])
    guard let kind = Kind.allCases.first(where: { name.hasPrefix($0.rawValue) }) else {
      throw SettingsProblem("'\(text)' is of no kind of identity (spiffe://, dns:, cn:, spki:, key:, token:): \(Self.example)")
    }
    (description, self.trust, self.kind) = (text, trust, kind)
    isOfAnyTorrent = trust == Identity.torrentTrust + "*"
    guard isOfAnyTorrent || !trust.contains("*") else { throw SettingsProblem("'\(text)': a trust entry is named in full") }
    rest = try Self.rest(String(name.dropFirst(kind.rawValue.count)), kind, text)
  }

  private static func rest(_ rest: String, _ kind: Kind, _ text: String) throws(SettingsProblem) -> [UInt8] {
    guard !rest.isEmpty else { throw SettingsProblem("'\(text)' ends before the name: \(example)") }
    guard rest.unicodeScalars.allSatisfy({ $0.value > 0x20 || $0.value == 0x20 }) else {
      throw SettingsProblem("'\(text)' has a control character")
    }
    switch kind {
    case .host: return Array(rest.lowercased().utf8)
    case .publicKey:
      guard rest.utf8.count == 64, rest.allSatisfy(\.isHexDigit) else {
        throw SettingsProblem("'\(text)': spki: is followed by the SHA-256 of the public key, 64 hex digits")
      }
      return Array(rest.lowercased().utf8)
    case .spiffe, .commonName, .key, .token: return Array(rest.utf8)
    }
  }

  /// Whether the identity is one of those meant.
  public func matches(_ identity: Identity) -> Bool {
    let isTrusted = isOfAnyTorrent ? identity.trust.hasPrefix(Identity.torrentTrust) : identity.trust == trust
    guard isTrusted, identity.name.hasPrefix(kind.rawValue) else { return false }
    let name = identity.name.utf8.dropFirst(kind.rawValue.utf8.count)
    return matches(kind == .host ? name.map(Self.lowercased) : Array(name))
  }

  /// A mismatch goes back to the last `*` and lets it take one more: what an earlier one could reach from there it reaches from here.
  private func matches(_ name: [UInt8]) -> Bool {
    var (place, index) = (0, 0)
    var back: (place: Int, index: Int)?
    while index < name.count || place < rest.count {
      if place < rest.count, rest[place] == Self.star, index < name.count, !Self.isBorder(name[index]) {
        place += 1
        index += 1
        back = (place, index)
      } else if place < rest.count, rest[place] != Self.star, index < name.count, rest[place] == name[index] {
        place += 1
        index += 1
      } else if let last = back, last.index < name.count, !Self.isBorder(name[last.index]) {
        (place, index, back) = (last.place, last.index + 1, (last.place, last.index + 1))
      } else {
        return false
      }
    }
    return true
  }

  private static let star = UInt8(ascii: "*")

  private static func isBorder(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") }

  private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
}
