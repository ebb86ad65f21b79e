package import Metainfo

/// An artifact of a catalogue.
///
/// | key | value |
/// |---|---|
/// | `info_hash_v1`, `info_hash_v2` | 20 and 32 bytes; one of them at least |
/// | `labels` | a dictionary of texts; may be empty |
/// | `name` | the publisher's name for it |
/// | `published` | when it came to the publisher: seconds since 1970 |
/// | `size` | bytes of content |
/// | `superseded_by` | the info-hash (v2's where it has one) of the artifact of this catalogue that takes its place; may be left out |
/// | `torrent` | where its .torrent is, relative to the catalogue's own URL |
/// | `torrent_sha256` | the SHA-256 of that file: its trackers and web seeds are signed with it, which its info-hash does not cover |
/// | `version` | the version, where it has one; may be left out |
package struct CatalogueEntry: Hashable, Sendable {
  /// 1 to 255 bytes.
  package let name: String
  /// 1 to 64 bytes; nil where it has none.
  package let version: String?
  package let labels: [String: String]
  package let infoHash: InfoHash
  /// Bytes, 0 or more.
  package let size: Int64
  /// Seconds since 1970, 0 or more.
  package let published: Int64
  /// The info-hash of its successor in full; nil for none.
  package let supersededBy: [UInt8]?
  /// A path of plain segments, relative to the catalogue's URL.
  package let torrent: String
  package let torrentDigest: SHA256Digest

  package init(
    name: String, version: String?, labels: [String: String] = [:], infoHash: InfoHash, size: Int64, published: Int64,
    supersededBy: [UInt8]? = nil, torrent: String, torrentDigest: SHA256Digest
  ) {
    (self.name, self.version, self.labels, self.infoHash, self.size) = (name, version, labels, infoHash, size)
    (self.published, self.supersededBy, self.torrent, self.torrentDigest) = (published, supersededBy, torrent, torrentDigest)
  }

  /// What it is a version of.
  package var family: ArtifactFamily { ArtifactFamily(name: name, version: version) }

  /// The same with another successor.
  package func superseded(by successor: [UInt8]?) -> CatalogueEntry {
    CatalogueEntry(
      name: name, version: version, labels: labels, infoHash: infoHash, size: size, published: published, supersededBy: successor,
      torrent: torrent, torrentDigest: torrentDigest)
  }

  func check(_ place: String) throws(CatalogueError) {
    guard CatalogueLimits.isText(name, 1...CatalogueLimits.artifactName) else {
      throw CatalogueError("\(place).name", CatalogueLimits.textProblem(CatalogueLimits.artifactName))
    }
    if let version, !CatalogueLimits.isText(version, 1...CatalogueLimits.versionText) {
      throw CatalogueError("\(place).version", CatalogueLimits.textProblem(CatalogueLimits.versionText))
    }
    guard labels.count <= CatalogueLimits.labels else {
      throw CatalogueError("\(place).labels", "more than \(CatalogueLimits.labels) labels")
    }
    for (key, value) in labels {
      guard CatalogueLimits.isText(key, 1...CatalogueLimits.labelKey), CatalogueLimits.isText(value, 0...CatalogueLimits.labelValue) else {
        throw CatalogueError(
          "\(place).labels",
          "a label has a key of 1 to \(CatalogueLimits.labelKey) bytes and a value of at most \(CatalogueLimits.labelValue)"
        )
      }
    }
    guard size >= 0 else { throw CatalogueError("\(place).size", "expected bytes, found \(size)") }
    guard published >= 0 else { throw CatalogueError("\(place).published", "expected seconds since 1970, found \(published)") }
    guard CatalogueLimits.isRelativePath(torrent) else {
      throw CatalogueError("\(place).torrent", "expected a path below the catalogue, as torrents/app.torrent")
    }
  }
}
