import Metainfo

/// A torrent's hashes, by piece.
struct ExpectedDigests: Sendable {
  let version: TorrentVersion
  private let layout: PieceLayout
  private let spans: FileSpans
  private let pieceHashes: [UInt8]
  /// By file index: its piece layer, or its root where it fits in one piece.
  private let layers: [Int: [UInt8]]

  init(_ torrent: Torrent) {
    layout = torrent.layout
    spans = FileSpans(torrent.layout)
    pieceHashes = torrent.pieceHashes
    version = torrent.infoHash.v2 == nil ? .v1 : torrent.infoHash.v1 == nil ? .v2 : .hybrid
    layers = Self.layers(torrent)
  }

  /// Whether the digests are those of the piece, in every version that the torrent has.
  func match(_ digests: PieceDigests, piece: Int) -> Bool {
    (!version.hasV1 || matchesV1(digests, piece)) && (!version.hasV2 || matchesV2(digests, piece))
  }

  private func matchesV1(_ digests: PieceDigests, _ piece: Int) -> Bool {
    Self.hash(piece, of: SHA1Digest.byteCount, in: pieceHashes).flatMap { SHA1Digest($0) }.map { $0 == digests.sha1 } ?? false
  }

  private func matchesV2(_ digests: PieceDigests, _ piece: Int) -> Bool {
    guard let range = spans.range(ofPiece: piece), let span = spans.index(at: range.lowerBound) else { return false }
    let file = spans.spans[span].file
    guard let layer = layers[file], let first = layout.pieces(ofFile: file)?.lowerBound else { return false }
    return Self.hash(piece - first, of: SHA256Digest.byteCount, in: layer).flatMap { SHA256Digest($0) }.map { $0 == digests.root } ?? false
  }

  private static func hash(_ index: Int, of length: Int, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
    guard index >= 0, index < bytes.count / length else { return nil }
    return bytes[index * length..<(index + 1) * length]
  }

  private static func layers(_ torrent: Torrent) -> [Int: [UInt8]] {
    var layers: [Int: [UInt8]] = [:]
    for (index, file) in torrent.layout.files.enumerated() {
      guard let root = file.piecesRoot else { continue }
      layers[index] = file.length <= Int64(torrent.layout.pieceLength) ? root.bytes : torrent.pieceLayers[root]
    }
    return layers
  }
}
