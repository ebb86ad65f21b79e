/// What hashing found of each file, as a torrent needs it: the roots by file, the layers by root.
struct FileHashes {
  private(set) var roots: [Int: SHA256Digest] = [:]
  private(set) var layers: [SHA256Digest: [UInt8]] = [:]

  /// Nothing, for torrents without v2.
  init() {}

  /// The roots above these layers, one for each file with content.
  init(_ pieceLayers: [Int: [UInt8]], of layout: PieceLayout) throws(TorrentError) {
    for (index, file) in layout.files.enumerated() where file.length > 0 && !file.isPadding {
      let place = "piece layers/" + shown(file.displayPath.utf8)
      guard let layer = pieceLayers[index] else { throw TorrentError(.missing, at: place, "is missing") }
      let tree = MerkleTree(pieceLayer: layer, fileLength: file.length, pieceLength: layout.pieceLength)
      guard let tree else { throw TorrentError(.badHashes, at: place, "\(layer.count) bytes do not suit \(file.length) of content") }
      roots[index] = tree.root
      if file.length > Int64(layout.pieceLength) { layers[tree.root] = layer }
    }
  }
}
