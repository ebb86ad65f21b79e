/// What `granary why` says of one operation: every guard's answer, and what they come to.
package struct WhyBranch: Codable, Sendable, Hashable {
  /// One guard's answer.
  package struct Answer: Codable, Sendable, Hashable {
    package let plugin: String
    /// `allow` or `deny`.
    package let verdict: String
    package let rule: String?
    package let reason: String
    package let place: String?
    /// When the answer stops being true, ISO 8601.
    package let validUntil: String?

    package init(plugin: String, verdict: String, rule: String?, reason: String, place: String?, validUntil: String?) {
      (self.plugin, self.verdict, self.rule, self.reason) = (plugin, verdict, rule, reason)
      (self.place, self.validUntil) = (place, validUntil)
    }

    enum CodingKeys: String, CodingKey {
      case plugin, verdict, rule, reason, place
      case validUntil = "valid_until"
    }
  }

  package let operation: String
  /// `allow` or `deny`.
  package let verdict: String
  /// When the first of the answers stops being true, ISO 8601.
  package let validUntil: String?
  /// In the pipeline's order; empty where nobody guards the operation.
  package let guards: [Answer]
  /// Of `request`, where it is allowed.
  package let granted: WhyGrant?
  /// What is to be said besides the guards' answers.
  package let note: String?

  package init(operation: String, verdict: String, validUntil: String?, guards: [Answer], granted: WhyGrant?, note: String?) {
    (self.operation, self.verdict, self.validUntil) = (operation, verdict, validUntil)
    (self.guards, self.granted, self.note) = (guards, granted, note)
  }

  enum CodingKeys: String, CodingKey {
    case operation, verdict, guards, granted, note
    case validUntil = "valid_until"
  }
}

/// What of an artifact a peer may have.
package struct WhyGrant: Codable, Sendable, Hashable {
  /// A file of which not everything is granted.
  package struct File: Codable, Sendable, Hashable {
    package let path: String
    package let bytes: Int64
    package let grantedBytes: Int64

    package init(path: String, bytes: Int64, grantedBytes: Int64) {
      (self.path, self.bytes, self.grantedBytes) = (path, bytes, grantedBytes)
    }

    enum CodingKeys: String, CodingKey {
      case path, bytes
      case grantedBytes = "granted_bytes"
    }
  }

  /// Pieces that a bitfield shows, and all pieces.
  package var grantedPieces: Int
  package var pieces: Int
  /// Files that are granted whole, and all files.
  package var grantedFiles: Int
  package var files: Int
  package var grantedBytes: Int64
  package var bytes: Int64
  /// The first files that are not granted whole; their number is the difference of the two above.
  package var lacking: [File]

  package init(
    grantedPieces: Int, pieces: Int, grantedFiles: Int, files: Int, grantedBytes: Int64, bytes: Int64, lacking: [File]
  ) {
    (self.grantedPieces, self.pieces, self.grantedFiles, self.files) = (grantedPieces, pieces, grantedFiles, files)
    (self.grantedBytes, self.bytes, self.lacking) = (grantedBytes, bytes, lacking)
  }

  enum CodingKeys: String, CodingKey {
    case pieces, files, bytes, lacking
    case grantedPieces = "granted_pieces"
    case grantedFiles = "granted_files"
    case grantedBytes = "granted_bytes"
  }
}
