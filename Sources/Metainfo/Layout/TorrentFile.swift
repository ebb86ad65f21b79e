/// One file of a torrent, in the torrent's order.
public struct TorrentFile: Hashable, Sendable {
  /// The path below the artifact's folder, one entry a level, checked to be safe to join. For a single-file torrent: one entry, its name.
  public let path: [String]
  /// Length in bytes.
  public let length: Int64
  /// A pad file (BEP 47): zeroes that are never on disk.
  public let isPadding: Bool
  /// Whether the file is marked executable (BEP 47, attr `x`).
  public let isExecutable: Bool
  /// For a symlink (BEP 47, attr `l`): the target, relative to the artifact's folder.
  public let symlinkTarget: [String]?
  /// The root of the file's merkle tree (BEP 52); nil in v1 torrents and for empty files.
  public let piecesRoot: SHA256Digest?

  public init(
    path: [String], length: Int64, isPadding: Bool = false, isExecutable: Bool = false, symlinkTarget: [String]? = nil,
    piecesRoot: SHA256Digest? = nil
  ) {
    (self.path, self.length, self.isPadding, self.isExecutable) = (path, length, isPadding, isExecutable)
    (self.symlinkTarget, self.piecesRoot) = (symlinkTarget, piecesRoot)
  }

  /// The path with slashes.
  public var displayPath: String { path.joined(separator: "/") }
}
