import Metainfo

/// Finds each file of a torrent's layout in the scan it was made of: the builder sorts files, adds padding, and may name the artifact
/// otherwise.
enum ScanMatch {
  /// The layout's files as they lie on disk.
  ///
  /// - Throws: `notScanned` where one of the two has a file that the other lacks, or they differ in its length.
  static func files(of layout: PieceLayout, in scan: ScannedArtifact) throws(StorageError) -> ArtifactFiles {
    var scanned: [[UInt8]: ScannedFile] = [:]
    for file in scan.files { scanned[key(file.file, scan)] = file }
    var (paths, identities): ([[String]], [FileIdentity?]) = ([], [])
    for file in layout.files {
      if file.isPadding {
        paths.append([])
        identities.append(nil)
        continue
      }
      guard let found = scanned.removeValue(forKey: key(file, scan)), found.file.length == file.length else {
        throw .notScanned(path: file.displayPath)
      }
      paths.append(scan.relativePath(of: file))
      identities.append(found.identity)
    }
    if let left = scanned.values.min(by: { BytewiseOrder.precedes($0.file.path, $1.file.path) }) {
      throw .notScanned(path: left.file.displayPath)
    }
    return ArtifactFiles(layout: layout, root: scan.root, paths: paths, identities: identities)
  }

  /// Bytes, since two names that are equal as Swift strings may be two files.
  private static func key(_ file: TorrentFile, _ scan: ScannedArtifact) -> [UInt8] {
    scan.isSingleFile ? [] : Array(file.displayPath.utf8)
  }
}
