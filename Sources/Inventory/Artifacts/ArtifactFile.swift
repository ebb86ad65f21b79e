import Metainfo

/// A file of an artifact as it lies on disk. Pad files are none: they are never on disk.
package struct ArtifactFile: Hashable, Sendable {
  /// The file's index in the torrent's layout.
  package let index: Int
  /// The path below the artifact's `dataRoot`, with slashes.
  package let path: String
  /// Length in bytes, as the torrent has it.
  package let length: Int64
  /// The file as it was when its pieces were verified; nil where that is unknown or it is not there.
  package let identity: FileIdentity?

  package init(index: Int, path: String, length: Int64, identity: FileIdentity?) {
    (self.index, self.path, self.length, self.identity) = (index, path, length, identity)
  }

  /// The torrent's files, pad files left out, with the identities known (by file index).
  package static func files(of torrent: Torrent, identities: [Int: FileIdentity]) -> [ArtifactFile] {
    torrent.layout.files.enumerated().compactMap { index, file in
      guard !file.isPadding, let path = torrent.relativePath(ofFile: index) else { return nil }
      return ArtifactFile(index: index, path: path.joined(separator: "/"), length: file.length, identity: identities[index])
    }
  }
}
