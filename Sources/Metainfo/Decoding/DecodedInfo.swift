/// What an info dictionary says, checked.
struct DecodedInfo {
  let infoBytes: [UInt8]
  let version: TorrentVersion
  let name: String
  let isSingleFile: Bool
  let layout: PieceLayout
  let isPrivate: Bool
  let source: String?
  let sslCertificate: String?
  let pieceHashes: [UInt8]

  /// The torrent, with what stands outside the info dictionary.
  func torrent(pieceLayers: [SHA256Digest: [UInt8]], trackers: [[String]], webSeeds: [String]) -> Torrent {
    Torrent(
      infoHash: infoHash, name: name, isSingleFile: isSingleFile, layout: layout, isPrivate: isPrivate, source: source,
      trackers: trackers, webSeeds: webSeeds, infoBytes: infoBytes, pieceHashes: pieceHashes, pieceLayers: pieceLayers,
      sslCertificate: sslCertificate)
  }

  private var infoHash: InfoHash {
    switch version {
    case .v1: InfoHash(v1: .hash(of: infoBytes))
    case .v2: InfoHash(v2: .hash(of: infoBytes))
    // Both are there, so that there is an info-hash; the fallback is never taken.
    case .hybrid: InfoHash(v1: .hash(of: infoBytes), v2: .hash(of: infoBytes)) ?? InfoHash(v1: .hash(of: infoBytes))
    }
  }
}
