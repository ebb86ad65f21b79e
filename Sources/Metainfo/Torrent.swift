/// A torrent as a value: v1 (BEP 3), hybrid or v2 (BEP 52). Made by the decoder or the builder, both of which check every field.
public struct Torrent: Hashable, Sendable {
  /// What names its swarms.
  public let infoHash: InfoHash
  /// The suggested name of the file or folder, safe to use as one path component.
  public let name: String
  /// Whether it is one file rather than a folder (BEP 3's single-file form).
  public let isSingleFile: Bool
  /// Files and pieces.
  public let layout: PieceLayout
  /// BEP 27.
  public let isPrivate: Bool
  /// The `source` tag, which gives the same content another info-hash elsewhere.
  public let source: String?
  /// Tiers of announce URLs (BEP 12).
  public let trackers: [[String]]
  /// Web seeds (BEP 19).
  public let webSeeds: [String]
  /// The info dictionary's exact bytes: what is hashed, and what ut_metadata hands out (BEP 9).
  public let infoBytes: [UInt8]
  /// SHA-1 of each piece, 20 bytes each; empty for v2-only torrents.
  public let pieceHashes: [UInt8]
  /// For each file longer than a piece, by its root: its piece layer, 32 bytes a piece (BEP 52); empty for v1 torrents.
  public let pieceLayers: [SHA256Digest: [UInt8]]
  /// The CA certificate that vouches for this torrent's peers, in PEM (libtorrent's `ssl-cert`); not judged here.
  public let sslCertificate: String?

  package init(
    infoHash: InfoHash, name: String, isSingleFile: Bool, layout: PieceLayout, isPrivate: Bool, source: String?, trackers: [[String]],
    webSeeds: [String], infoBytes: [UInt8], pieceHashes: [UInt8], pieceLayers: [SHA256Digest: [UInt8]],
    sslCertificate: String? = nil
  ) {
    (self.infoHash, self.name, self.isSingleFile, self.layout) = (infoHash, name, isSingleFile, layout)
    (self.isPrivate, self.source, self.trackers, self.webSeeds) = (isPrivate, source, trackers, webSeeds)
    (self.infoBytes, self.pieceHashes, self.pieceLayers) = (infoBytes, pieceHashes, pieceLayers)
    self.sslCertificate = sslCertificate
  }

  /// The same torrent with these announce URLs and web seeds, which are not part of what is hashed.
  package func with(trackers: [[String]], webSeeds: [String]) -> Torrent {
    Torrent(
      infoHash: infoHash, name: name, isSingleFile: isSingleFile, layout: layout, isPrivate: isPrivate, source: source, trackers: trackers,
      webSeeds: webSeeds, infoBytes: infoBytes, pieceHashes: pieceHashes, pieceLayers: pieceLayers, sslCertificate: sslCertificate)
  }

  /// Where a file lies on disk below the folder that holds the artifact: `name` for a single file, `name/path…` else.
  public func relativePath(ofFile file: Int) -> [String]? {
    guard layout.files.indices.contains(file) else { return nil }
    return isSingleFile ? [name] : [name] + layout.files[file].path
  }
}
