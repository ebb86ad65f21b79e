/// A file of an artifact, as JSON documents show it.
package struct FileDocument: Codable, Sendable, Hashable {
  /// The path below the artifact's folder, with slashes.
  package let path: String
  /// Length in bytes.
  package let length: Int64

  package init(path: String, length: Int64) {
    (self.path, self.length) = (path, length)
  }
}

/// An artifact, as `publish`, `add`, `show` and `list` give it.
package struct ArtifactDocument: Codable, Sendable, Hashable {
  package var name: String
  package var infoHashV1: String?
  package var infoHashV2: String?
  package var pieceLength: Int
  package var pieceCount: Int
  /// Bytes of content, pad files left out.
  package var size: Int64
  package var `private`: Bool
  /// Whether its peers must have certificates that the root in the torrent vouches for, and that root's subject.
  package var sslTorrent = false
  package var sslRoot: String?
  package var files: [FileDocument]
  /// Where the .torrent is.
  package var torrent: String?
  package var magnet: String
  package var source: String?
  package var trackers: [[String]]
  package var webSeeds: [String]
  package var labels: [String: String]?
  /// `ready`, `verifying`, …; nil for a torrent that is not in the inventory.
  package var state: String?
  package var stateReason: String?
  /// How many pieces are verified.
  package var verifiedPieces: Int?
  /// The folder that holds the data.
  package var data: String?
  package var warnings: [String]?
  /// What operators have said of it.
  package var notices: [NoticeDocument]?

  package init(
    name: String, infoHashV1: String?, infoHashV2: String?, pieceLength: Int, pieceCount: Int, size: Int64, isPrivate: Bool,
    files: [FileDocument], torrent: String?, magnet: String, source: String?, trackers: [[String]], webSeeds: [String]
  ) {
    (self.name, self.infoHashV1, self.infoHashV2, self.pieceLength) = (name, infoHashV1, infoHashV2, pieceLength)
    (self.pieceCount, self.size, self.private, self.files, self.torrent) = (pieceCount, size, isPrivate, files, torrent)
    (self.magnet, self.source, self.trackers, self.webSeeds) = (magnet, source, trackers, webSeeds)
  }

  enum CodingKeys: String, CodingKey {
    case name, size, `private`, files, torrent, magnet, source, trackers, labels, state, data, warnings, notices
    case infoHashV1 = "info_hash_v1"
    case infoHashV2 = "info_hash_v2"
    case pieceLength = "piece_length"
    case pieceCount = "piece_count"
    case webSeeds = "web_seeds"
    case sslTorrent = "ssl_torrent"
    case sslRoot = "ssl_root"
    case stateReason = "state_reason"
    case verifiedPieces = "verified_pieces"
  }

  /// The info-hashes are always there: hex or null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(infoHashV1, forKey: .infoHashV1)
    try container.encode(infoHashV2, forKey: .infoHashV2)
    try container.encode(pieceLength, forKey: .pieceLength)
    try container.encode(pieceCount, forKey: .pieceCount)
    try container.encode(size, forKey: .size)
    try container.encode(`private`, forKey: .private)
    try container.encode(sslTorrent, forKey: .sslTorrent)
    try container.encodeIfPresent(sslRoot, forKey: .sslRoot)
    try container.encode(files, forKey: .files)
    try container.encode(torrent, forKey: .torrent)
    try container.encode(magnet, forKey: .magnet)
    try container.encodeIfPresent(source, forKey: .source)
    try container.encode(trackers, forKey: .trackers)
    try container.encode(webSeeds, forKey: .webSeeds)
    try container.encodeIfPresent(labels, forKey: .labels)
    try container.encodeIfPresent(state, forKey: .state)
    try container.encodeIfPresent(stateReason, forKey: .stateReason)
    try container.encodeIfPresent(verifiedPieces, forKey: .verifiedPieces)
    try container.encodeIfPresent(data, forKey: .data)
    try container.encodeIfPresent(warnings, forKey: .warnings)
    try container.encodeIfPresent(notices, forKey: .notices)
  }
}
