/// An artifact whose data is sent to a node over its control interface: `granary publish --node`.
package struct UploadOrder: Codable, Sendable {
  /// The .torrent file, base64.
  package let torrent: String
  /// The operator's name for it.
  package let name: String
  package let labels: [String: String]

  package init(torrent: String, name: String, labels: [String: String]) {
    (self.torrent, self.name, self.labels) = (torrent, name, labels)
  }
}

/// How an upload stands. It is a fetch, whose data whoever asks brings along.
package struct UploadDocument: Codable, Sendable {
  package let schema: String
  /// As the artifact's fetch, which comes to its end by itself once the last piece is right.
  package let fetch: FetchDocument
  /// The pieces that are here and right, hexadecimal, the first one the highest bit of the first byte; null in answer to a part.
  package let pieces: String?
  /// Whether the part was taken. Where not, it is to be sent again after a moment: `fetch.reason` says what is waited for.
  package let taken: Bool

  /// Bytes that one part may have.
  package static let mostBytes = 4 << 20

  package init(fetch: FetchDocument, pieces: String?, taken: Bool) {
    (schema, self.fetch, self.pieces, self.taken) = ("granary.upload/1", fetch, pieces, taken)
  }
}
