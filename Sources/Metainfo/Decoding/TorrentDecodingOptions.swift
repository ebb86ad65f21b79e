/// How a torrent is read.
package struct TorrentDecodingOptions: Hashable, Sendable {
  /// Whether names are refused that not every common system can store, or that differ only in case. Else the latter are a warning,
  /// the former are taken.
  package var portable: Bool
  /// What a torrent may cost.
  package var limits: TorrentLimits

  package init(portable: Bool = false, limits: TorrentLimits = TorrentLimits()) {
    (self.portable, self.limits) = (portable, limits)
  }
}

/// What a torrent may cost. Checked before anything is allocated for what they bound.
package struct TorrentLimits: Hashable, Sendable {
  /// Of the .torrent file or the info dictionary.
  package var bencode: BencodeLimits
  /// Files, pad files included.
  package var files: Int
  /// Pieces.
  package var pieces: Int
  /// Bytes that the pieces span.
  package var size: Int64
  /// Announce URLs, and web seeds.
  package var urls: Int

  /// Limits: by default a million files, 2^21 pieces, a pebibyte, a thousand URLs of each kind.
  package init(
    bencode: BencodeLimits = .torrent, files: Int = 1_000_000, pieces: Int = 1 << 21, size: Int64 = 1 << 50, urls: Int = 1000
  ) {
    (self.bencode, self.files, self.pieces, self.size, self.urls) = (bencode, files, pieces, min(size, 1 << 60), urls)
  }
}

/// What decoding a torrent gives.
package struct DecodedTorrent: Hashable, Sendable {
  /// The torrent, every field of it checked.
  package let torrent: Torrent
  /// What a person should know, each with its place.
  package let warnings: [String]
}
