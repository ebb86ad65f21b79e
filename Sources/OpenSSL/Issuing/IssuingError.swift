/// What cannot be put into a certificate, or signed with these keys.
package enum IssuingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The text is no alternative name; `why` says it as in "is empty".
  case badName(String, why: String)
  /// The common name is empty, longer than 64 characters, or holds a zero byte.
  case badCommonName(String)
  /// The certificate ends before it begins.
  case neverValid
  /// The certificate may not sign others.
  case notAnAuthority
  /// The key is not the certificate's.
  case keyMismatch

  package var description: String {
    switch self {
    case .badName(let name, let why): "the name '\(name)' \(why)"
    case .badCommonName(let name): "the common name '\(name)' is not of 1 to 64 characters"
    case .neverValid: "the certificate would end before it begins"
    case .notAnAuthority: "the certificate is not an authority's"
    case .keyMismatch: "the key does not belong to the certificate"
    }
  }
}
