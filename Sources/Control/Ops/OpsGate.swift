import PluginKit

/// Whether a request may be answered at all, by what it says of itself. A value.
///
/// A browser lets any site ask us: by a name of its own that leads here (DNS rebinding) it could even read the answer. So we are asked by
/// names that are ours, and not from other sites.
struct OpsGate: Sendable {
  /// What of a request's head counts here.
  struct Asked: Sendable, Hashable {
    var isReading = true
    /// The Host header.
    var authority: String?
    var origin: String?
    /// The Sec-Fetch-Site header, which no site can set.
    var site: String?
  }

  enum Refusal: Sendable, Hashable {
    case method, reader, host, site
  }

  let rules: OpsRules

  /// Nil where it may be answered. `local`: the address of ours that was asked, nil where it is not known.
  func refusal(_ asked: Asked, identities: [Identity], local: IPAddress?) -> Refusal? {
    guard asked.isReading else { return .method }
    guard isReader(identities) else { return .reader }
    guard let authority = asked.authority, isAddressed(authority, local: local) else { return .host }
    if let site = asked.site, !["same-origin", "none"].contains(site) { return .site }
    guard let origin = asked.origin else { return nil }
    return ["http://\(authority)", "https://\(authority)"].contains(origin) ? nil : .site
  }

  /// Whether the name that it was asked by is one of ours.
  func isAddressed(_ authority: String?, local: IPAddress?) -> Bool { authority.flatMap(Self.host).map { isOurs($0, local) } ?? false }

  private func isReader(_ identities: [Identity]) -> Bool {
    guard let patterns = rules.identities else { return true }
    return patterns.contains { pattern in identities.contains(where: pattern.matches) }
  }

  private func isOurs(_ host: String, _ local: IPAddress?) -> Bool {
    if host == "localhost" || rules.hosts.contains(host) { return true }
    guard let address = IPAddress(host) else { return false }
    return address == local || rules.hosts.contains(address.description)
  }

  /// The host of `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`, in lower case and without the brackets; nil for anything else.
  static func host(_ authority: String) -> String? {
    var (host, port) = (authority[...], Substring("80"))
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      (host, port) = (authority[..<colon], authority[authority.index(after: colon)...])
    }
    guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), UInt16(port) != nil else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") { return String(host.dropFirst().dropLast()).lowercased() }
    guard !host.isEmpty, !host.contains(":") else { return nil }
    // A name that is written in full, as resolvers know it.
    return (host.hasSuffix(".") ? String(host.dropLast()) : String(host)).lowercased()
  }
}
