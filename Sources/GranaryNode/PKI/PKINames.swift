/// What may be a name where. Each function says what is wrong, or nil.
enum PKINames {
  /// The longest time of anything, in days: a hundred years.
  static let longestDays = 36_500

  /// A certificate's name: its subject's common name, and its files' names.
  static func problem(ofName name: String) -> String? {
    let reserved = ["ca", "revoked"]
    if name.isEmpty { return "the name is empty" }
    if name.contains("/") || name.hasPrefix(".") || name.hasPrefix("-") {
      return "'\(name)' would be a file elsewhere: a name has no '/', and begins with neither '.' nor '-'"
    }
    if hasControls(name) { return "the name '\(name)' holds control characters" }
    if name.unicodeScalars.count > 64 || name.utf8.count > 200 { return "the name '\(name)' is longer than 64 characters" }
    if reserved.contains(name.lowercased()) { return "'\(name)' is a name of the authority's own files" }
    if name.hasSuffix(".pem") || name.hasSuffix(".key") { return "'\(name)' ends like a file's name: leave out the ending" }
    return nil
  }

  /// An authority's name.
  static func problem(ofAuthority name: String) -> String? {
    if name.isEmpty || name.unicodeScalars.count > 64 { return "the authority's name '\(name)' is not of 1 to 64 characters" }
    return hasControls(name) ? "the authority's name '\(name)' holds control characters" : nil
  }

  /// A host, `*`, or an SSL torrent's name byte for byte.
  static func problem(ofDNS name: String) -> String? {
    if name.isEmpty { return "--dns is empty" }
    if name.utf8.count > 255 { return "--dns '\(name)' is longer than 255 bytes" }
    if name.utf8.contains(where: { $0 > 126 }) {
      return "--dns '\(name)' is not ASCII, which is all that a certificate holds there: use it as NAME, which peers compare too"
    }
    return name.utf8.contains(where: { $0 < 32 }) ? "--dns '\(name)' holds control characters" : nil
  }

  /// A SPIFFE ID with a path, by the SPIFFE standard's rules.
  static func problem(ofSPIFFE uri: String) -> String? {
    let scheme = "spiffe://"
    let wrong = "--spiffe '\(uri)'"
    guard uri.hasPrefix(scheme) else { return "\(wrong) does not begin with \(scheme)" }
    guard uri.utf8.count <= 2_048 else { return "\(wrong) is longer than 2048 bytes" }
    let parts = uri.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
    let domain = parts.first ?? ""
    guard !domain.isEmpty, domain.utf8.count <= 255, domain.utf8.allSatisfy(isOfDomain) else {
      return "\(wrong) has no trust domain of a-z, 0-9, '.', '-', '_' after \(scheme)"
    }
    guard parts.count > 1 else { return "\(wrong) names a trust domain and nobody in it: write \(scheme)\(domain)/WHO" }
    guard parts.dropFirst().allSatisfy(isSegment) else {
      return "\(wrong) has a path with something other than letters, digits, '.', '-', '_' between single slashes"
    }
    return nil
  }

  /// How long something is to be valid.
  static func problem(ofDays days: Int, _ option: String = "--days") -> String? {
    1...longestDays ~= days ? nil : "\(option) \(days) is not from 1 to \(longestDays)"
  }

  private static func isOfDomain(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) && !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte) || [".", "-", "_"].contains(Character(Unicode.Scalar(byte)))
  }

  private static func isSegment(_ segment: Substring) -> Bool {
    !segment.isEmpty && segment != "." && segment != ".."
      && segment.utf8.allSatisfy { isAlphanumeric($0) || [".", "-", "_"].contains(Character(Unicode.Scalar($0))) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  /// Whatever could move a cursor, or hide in a name.
  private static func hasControls(_ text: String) -> Bool { escaped(text) != text }
}
