import Metainfo

/// What was accepted last of a catalogue that is followed.
package struct StoredCatalogue: Hashable, Sendable {
  package let url: String
  package let name: String
  package let serial: Int64
  package let date: Timestamp
  /// SHA-256 of what is signed of it.
  package let digest: SHA256Digest
  /// The catalogue with its signature, as it came.
  package let bytes: [UInt8]
  package let etag: String?
  package let acceptedAt: Timestamp

  package init(
    url: String, name: String, serial: Int64, date: Timestamp, digest: SHA256Digest, bytes: [UInt8], etag: String?, acceptedAt: Timestamp
  ) {
    (self.url, self.name, self.serial, self.date, self.digest) = (url, name, serial, date, digest)
    (self.bytes, self.etag, self.acceptedAt) = (bytes, etag, acceptedAt)
  }
}

/// An artifact that came, or is to come, by a catalogue.
package struct StoredMirrored: Hashable, Sendable {
  package let infoHash: InfoHash
  package let name: String
  /// The catalogue's URL.
  package let catalogue: String
  /// Since when no rule wants it; nil while one does.
  package let unwantedAt: Timestamp?

  package init(infoHash: InfoHash, name: String, catalogue: String, unwantedAt: Timestamp?) {
    (self.infoHash, self.name, self.catalogue, self.unwantedAt) = (infoHash, name, catalogue, unwantedAt)
  }

  /// What names it in the table: its v2 info-hash, else that of v1.
  static func key(_ infoHash: InfoHash) -> String { infoHash.v2?.description ?? infoHash.v1?.description ?? "" }
}
