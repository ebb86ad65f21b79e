extension Torrent {
  /// Whether it is v1, hybrid or v2.
  package var version: TorrentVersion {
    switch (infoHash.v1, infoHash.v2) {
    case (_, nil): .v1
    case (nil, _): .v2
    default: .hybrid
    }
  }

  /// The .torrent file: canonical, with nothing in it but what this value holds, so always the same for the same torrent.
  package func encoded() -> [UInt8] {
    var writer = BencodeWriter()
    writer.append(literal: "d")
    if let announce = trackers.first?.first { writer.append("announce", .string(announce)) }
    if trackers.count > 1 || (trackers.first?.count ?? 0) > 1 {
      writer.append("announce-list", .list(trackers.map { .list($0.map { .string($0) }) }))
    }
    writer.append(string: "info".utf8)
    writer.append(encoded: infoBytes)
    if version.hasV2 {
      writer.append("piece layers", .dictionary(Dictionary(pieceLayers.map { ($0.bytes, .bytes($1)) }) { $1 }))
    }
    if !webSeeds.isEmpty { writer.append("url-list", webSeedList) }
    writer.append(literal: "e")
    return writer.bytes
  }

  private var webSeedList: Bencode {
    webSeeds.count == 1 ? .string(webSeeds[0]) : .list(webSeeds.map { .string($0) })
  }

  /// The torrent with the layers that its info dictionary does not hold, as peers send them in answer to hash requests (BEP 52).
  /// Throws where one is missing or does not match its file's root.
  package func adding(pieceLayers layers: [SHA256Digest: [UInt8]]) throws(TorrentError) -> Torrent {
    let verified = try PieceLayersDecoder.verify(layers.merging(pieceLayers) { $1 }, files: layout)
    return Torrent(
      infoHash: infoHash, name: name, isSingleFile: isSingleFile, layout: layout, isPrivate: isPrivate, source: source,
      trackers: trackers, webSeeds: webSeeds, infoBytes: infoBytes, pieceHashes: pieceHashes, pieceLayers: verified,
      sslCertificate: sslCertificate)
  }

  /// The tree of hashes over a file, from its piece layer up; nil where it has none (v1, empty, pad files) or its layer is not here.
  package func merkleTree(ofFile file: Int) -> MerkleTree? {
    guard layout.files.indices.contains(file), let root = layout.files[file].piecesRoot else { return nil }
    let length = layout.files[file].length
    let layer = length > Int64(layout.pieceLength) ? pieceLayers[root] : root.bytes
    return layer.flatMap { MerkleTree(pieceLayer: $0, fileLength: length, pieceLength: layout.pieceLength) }
  }
}

extension BencodeWriter {
  /// Appends an entry of a dictionary; entries are to come in the order of their keys.
  fileprivate mutating func append(_ key: String, _ value: Bencode) {
    append(string: key.utf8)
    append(value)
  }
}
