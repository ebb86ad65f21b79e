extension Torrent {
  /// Reads a .torrent file: v1 (BEP 3), hybrid or v2 (BEP 52), with BEP 12, 19, 27 and 47. Every name, number and hash is checked;
  /// piece layers are verified against their roots.
  package static func decode(
    _ bytes: [UInt8], options: TorrentDecodingOptions = TorrentDecodingOptions()
  ) throws(TorrentError) -> DecodedTorrent {
    let root = try document(bytes, "", options).root
    guard root.kind == .dictionary else { throw TorrentError(.wrongType, at: "", "a torrent must be a dictionary") }
    guard let info = try root.dictionary("info", at: "") else { throw .missing("info") }
    var decoder = InfoDecoder(options: options)
    let decoded = try decoder.decode(info)
    let layers = try PieceLayersDecoder.decode(root, files: decoded.layout, warnings: &decoder.warnings)
    var announce = AnnounceDecoder(limit: options.limits.urls)
    let torrent = decoded.torrent(
      pieceLayers: layers, trackers: try announce.trackers(of: root), webSeeds: try announce.webSeeds(of: root))
    decoder.warnings.append(contentsOf: announce.warnings)
    return DecodedTorrent(torrent: torrent, warnings: decoder.warnings.all)
  }

  /// Reads an info dictionary by itself, as a peer sends it for a magnet link (BEP 9). Whether it is the one asked for is the
  /// caller's to compare. Piece layers are not part of it: see `adding(pieceLayers:)`.
  package static func decodeInfo(
    _ infoBytes: [UInt8], trackers: [[String]] = [], webSeeds: [String] = [],
    options: TorrentDecodingOptions = TorrentDecodingOptions()
  ) throws(TorrentError) -> DecodedTorrent {
    let info = try document(infoBytes, "info", options).root
    guard info.kind == .dictionary else { throw TorrentError(.wrongType, at: "info", "must be a dictionary") }
    var decoder = InfoDecoder(options: options)
    let torrent = try decoder.decode(info).torrent(pieceLayers: [:], trackers: trackers, webSeeds: webSeeds)
    return DecodedTorrent(torrent: torrent, warnings: decoder.warnings.all)
  }

  private static func document(
    _ bytes: [UInt8], _ place: String, _ options: TorrentDecodingOptions
  ) throws(TorrentError) -> BencodeDocument {
    do throws(BencodeError) {
      return try BencodeDocument(bytes, limits: options.limits.bencode, options: [])
    } catch {
      throw TorrentError(error.kind, at: place, "not a bencoded value: \(error)")
    }
  }
}

extension BencodeError {
  fileprivate var kind: TorrentError.Kind {
    switch reason {
    case .tooLarge, .tooDeep, .tooManyTokens: .tooLarge
    case .endsEarly, .unexpectedByte, .malformedInteger, .integerOverflow, .malformedLength, .stringTooLong, .unsortedKey,
      .duplicateKey, .trailingBytes:
      .notBencoded
    }
  }
}
