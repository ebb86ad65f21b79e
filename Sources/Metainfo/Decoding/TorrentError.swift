/// Why a torrent cannot be read or made, with the place.
package struct TorrentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a caller may want to tell apart.
  package enum Kind: Hashable, Sendable {
    /// Not bencoded, or not canonically.
    case notBencoded
    /// A field that must be there is not.
    case missing
    /// A field has another type than its BEP says.
    case wrongType
    /// A field's value is out of its range.
    case badValue
    /// A `meta version` that is not 2 (BEP 52).
    case unknownVersion
    /// A limit on size or number is passed.
    case tooLarge
    /// A name that could lead out of the artifact's folder, or that no file can have.
    case unsafeName
    /// Two entries that cannot be on disk side by side.
    case nameClash
    /// A name that not every system can store, where only such are wanted.
    case notPortable
    /// Hashes that are of the wrong number or do not match.
    case badHashes
    /// The v1 and v2 halves of a hybrid torrent that do not describe the same files.
    case inconsistent
    /// Not a byte of content.
    case empty
  }

  /// What is wrong, for a caller that must tell.
  package let kind: Kind
  /// The field, as in `info.files[3].path[1]`; names in it are escaped. Empty for the torrent as a whole.
  package let place: String
  /// What is wrong, for a person.
  package let problem: String

  package init(_ kind: Kind, at place: String, _ problem: String) {
    (self.kind, self.place, self.problem) = (kind, place, problem)
  }

  package var description: String { place.isEmpty ? problem : "\(place): \(problem)" }

  static func missing(_ place: String) -> TorrentError { TorrentError(.missing, at: place, "is missing") }
}

/// Text of a torrent or a peer as it may be shown: what is not plain printable UTF-8 is escaped, what is long is cut.
func shown(_ text: some Collection<UInt8>) -> String {
  let longest = 120
  guard let valid = String(validating: text, as: UTF8.self) else {
    return text.prefix(longest).map(escaped).joined() + (text.count > longest ? "…" : "")
  }
  let scalars = valid.unicodeScalars
  let start = scalars.prefix(longest).map { isShowable($0) ? String($0) : "\\u{\(String($0.value, radix: 16))}" }
  return start.joined() + (scalars.count > longest ? "…" : "")
}

private func isShowable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
  default: true
  }
}

private func escaped(_ byte: UInt8) -> String {
  (0x20..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : "\\x\(Hex.encode([byte]))"
}
