extension Magnet: CustomStringConvertible {
  /// The link. Everything but RFC 3986's unreserved characters is escaped, so that it can be pasted anywhere.
  package var description: String {
    var parameters: [String] = []
    if let v1 = infoHash.v1 { parameters.append("xt=urn:btih:\(v1)") }
    if let v2 = infoHash.v2 { parameters.append("xt=urn:btmh:\(Self.sha256Multihash)\(v2)") }
    if let displayName { parameters.append("dn=\(PercentEncoding.encode(displayName))") }
    parameters += trackers.map { "tr=\(PercentEncoding.encode($0))" }
    parameters += webSeeds.map { "ws=\(PercentEncoding.encode($0))" }
    if let selectedFiles { parameters.append("so=\(selectedFiles.map(Self.text).joined(separator: ","))") }
    parameters += peers.map { "x.pe=\(PercentEncoding.encode("\($0)"))" }
    return "magnet:?" + parameters.joined(separator: "&")
  }

  /// What stands before a SHA-256 digest in a multihash: its code, and its length of 32.
  static let sha256Multihash = "1220"

  private static func text(_ range: ClosedRange<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
  }
}

extension Magnet.Peer: CustomStringConvertible {
  /// `host:port`, with brackets around an IPv6 address.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
