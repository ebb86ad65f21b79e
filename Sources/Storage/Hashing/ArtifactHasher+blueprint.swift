import Metainfo

extension ArtifactHasher {
  /// Hashes the files of a scan for the torrent that is to be made of them. Blocks until all is done, with `threads` threads at work,
  /// the caller's among them; takes some 300 KiB of memory a thread, and 2 KiB for each MiB of piece length.
  ///
  /// - Parameters:
  ///   - progress: called from any of the threads, one call at a time; it is to be quick.
  ///   - isCancelled: asked before each piece.
  /// - Throws: `notScanned` where blueprint and scan differ, `changed` or `truncated` for a file that is not, or did not stay, what
  ///   the scan found; `failed` for one that cannot be read; `cancelled`.
  package static func hash(
    blueprint: TorrentBlueprint, scan: ScannedArtifact, threads: Int,
    progress: @escaping @Sendable (HashProgress) -> Void = { _ in }, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StorageError) -> HashedArtifact {
    try hash(layout: blueprint.layout, version: blueprint.version, scan: scan, threads: threads, progress, isCancelled)
  }
}
