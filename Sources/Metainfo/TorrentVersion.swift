/// Which of BitTorrent's two forms a torrent has.
package enum TorrentVersion: String, Sendable, CaseIterable {
  /// BEP 3: SHA-1 of pieces that run across files.
  case v1
  /// Both at once (BEP 52): v1 clients see pad files, v2 clients see the file tree.
  case hybrid
  /// BEP 52 alone: a tree of SHA-256 over each file.
  case v2

  /// Whether v1 clients can use it.
  package var hasV1: Bool { self != .v2 }
  /// Whether v2 clients can use it.
  package var hasV2: Bool { self != .v1 }
}
