/// Reads and verifies `piece layers` (BEP 52), which stands outside the info dictionary and is bound to it by the files' roots alone.
enum PieceLayersDecoder {
  /// The layers of the files that are longer than a piece, by their roots. Entries that belong to no such file are a warning.
  static func decode(
    _ root: BencodeNode, files layout: PieceLayout, warnings: inout TorrentWarnings
  ) throws(TorrentError) -> [SHA256Digest: [UInt8]] {
    let node = try root.dictionary("piece layers", at: "")
    guard layout.files.contains(where: { $0.piecesRoot != nil }) else { return [:] }
    var layers: [SHA256Digest: [UInt8]] = [:]
    for entry in node.map({ Array($0.entries) }) ?? [] {
      guard let key = SHA256Digest(entry.key) else {
        throw TorrentError(.badHashes, at: "piece layers", "has a key that is not a SHA-256 digest")
      }
      guard let layer = entry.value.bytes else { throw TorrentError(.wrongType, at: place(key), "must be a string") }
      layers[key] = Array(layer)
    }
    let verified = try verify(layers, files: layout)
    if verified.count < layers.count {
      warnings.append("piece layers: \(layers.count - verified.count) entries belong to no file longer than a piece")
    }
    return verified
  }

  /// Those of the layers that files need, each checked against its root. Throws where one is missing or does not match.
  static func verify(
    _ layers: [SHA256Digest: [UInt8]], files layout: PieceLayout
  ) throws(TorrentError) -> [SHA256Digest: [UInt8]] {
    var verified: [SHA256Digest: [UInt8]] = [:]
    for file in layout.files where file.length > Int64(layout.pieceLength) {
      guard let root = file.piecesRoot else { continue }
      guard let layer = layers[root] else {
        throw TorrentError(.missing, at: place(root), "the layer of \(shown(file.displayPath.utf8)) is missing")
      }
      let pieces = (file.length - 1) / Int64(layout.pieceLength) + 1
      guard Int64(layer.count) == pieces * Int64(SHA256Digest.byteCount) else {
        throw TorrentError(
          .badHashes, at: place(root), "\(layer.count) bytes are not the \(pieces) hashes of \(shown(file.displayPath.utf8))")
      }
      // Files of the same content share a layer, which is verified once.
      guard verified[root] == nil else { continue }
      guard MerkleTree.root(ofPieceLayer: layer, pieceLength: layout.pieceLength) == root else {
        throw TorrentError(.badHashes, at: place(root), "the hashes of \(shown(file.displayPath.utf8)) do not make its root")
      }
      verified[root] = layer
    }
    return verified
  }

  private static func place(_ root: SHA256Digest) -> String { "piece layers.\(root)" }
}
