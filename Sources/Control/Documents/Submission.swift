import Metainfo

/// What a command has hashed or verified and hands to the running node, which is the one writer: the torrent, where its data lies, what
/// was found. The node compares every file's identity before it believes any of it.
package struct Submission: Codable, Sendable {
  /// A file's identity, as `FileIdentity`.
  package struct Identity: Codable, Sendable {
    package let device: UInt64
    package let inode: UInt64
    package let size: Int64
    package let modified: Int64
    package let changed: Int64

    package init(_ identity: FileIdentity) {
      (device, inode, size) = (identity.device, identity.inode, identity.size)
      (modified, changed) = (identity.modified, identity.changed)
    }

    package var value: FileIdentity {
      FileIdentity(device: device, inode: inode, size: size, modified: modified, changed: changed)
    }
  }

  /// The .torrent file, base64.
  package let torrent: String
  /// Where the .torrent was written.
  package let torrentPath: String?
  /// The operator's name for the artifact.
  package let name: String
  /// The folder that holds the data.
  package let root: String
  /// By file index: where each file lies below the root; empty for pad files.
  package let paths: [[String]]
  /// By file index; null for pad files, links and files that are not there.
  package let identities: [Identity?]
  /// The verified pieces, hexadecimal.
  package let pieces: String
  package let labels: [String: String]
  /// Whether the torrent was made from this data here, rather than checked against it.
  package let isPublished: Bool
  /// What is wrong with the data, where it is not complete.
  package let problem: String?
  /// Whether it is news of an artifact that is in the inventory: one that was removed meanwhile does not come back.
  package var isVerification = false
  /// What kept anything from being read at all (`absent`, `unreadable`): earlier evidence is kept then.
  package var obstacle: String?

  package init(
    torrent: String, torrentPath: String?, name: String, root: String, paths: [[String]], identities: [Identity?], pieces: String,
    labels: [String: String], isPublished: Bool, problem: String?
  ) {
    (self.torrent, self.torrentPath, self.name, self.root) = (torrent, torrentPath, name, root)
    (self.paths, self.identities, self.pieces) = (paths, identities, pieces)
    (self.labels, self.isPublished, self.problem) = (labels, isPublished, problem)
  }
}
