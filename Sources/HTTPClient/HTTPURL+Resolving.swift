extension HTTPURL {
  /// The URL that a `Location` names, which may be relative to this one (RFC 3986, section 5.2).
  package func resolving(_ reference: String) throws(URLProblem) -> HTTPURL {
    try URLParts.checkBytes(Array(reference.utf8))
    let reference = reference.prefix { $0 != "#" }
    if Self.hasScheme(reference) { return try HTTPURL(String(reference)) }
    if reference.hasPrefix("//") { return try HTTPURL("\(scheme.rawValue):\(reference)") }
    guard let mark = reference.firstIndex(of: "?") else {
      return reference.isEmpty ? self : replacing(path: merged(reference), query: nil)
    }
    let query = String(reference[reference.index(after: mark)...])
    return replacing(path: mark == reference.startIndex ? path : merged(reference[..<mark]), query: query)
  }

  private static func hasScheme(_ reference: Substring) -> Bool {
    let head = reference.prefix { !":/?".contains($0) }
    return !head.isEmpty && reference.dropFirst(head.count).first == ":"
  }

  private func merged(_ reference: Substring) -> String {
    if reference.hasPrefix("/") { return Self.withoutDots(reference) }
    return Self.withoutDots("\(path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex))\(reference)")
  }

  /// RFC 3986, section 5.2.4.
  private static func withoutDots(_ path: some StringProtocol) -> String {
    var kept: [Substring] = []
    let segments = String(path).split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (index, segment) in zip(segments.indices, segments) {
      let isLast = index == segments.endIndex - 1
      switch segment {
      case ".": if isLast { kept.append("") }
      case "..":
        _ = kept.popLast()
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return "/" + kept.joined(separator: "/")
  }
}
