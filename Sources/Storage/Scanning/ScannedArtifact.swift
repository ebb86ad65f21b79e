import Metainfo

/// One file found for publishing.
package struct ScannedFile: Hashable, Sendable {
  /// The file as a torrent names it; for a single-file artifact the path is its name.
  package let file: TorrentFile
  /// What the file was when it was found; nil for symbolic links, of which nothing is hashed.
  package let identity: FileIdentity?

  package init(file: TorrentFile, identity: FileIdentity?) {
    (self.file, self.identity) = (file, identity)
  }
}

/// What a path holds that can be published.
package struct ScannedArtifact: Hashable, Sendable {
  /// The file's or folder's own name on disk, links resolved.
  package let name: String
  /// Whether it is a file rather than a folder.
  package let isSingleFile: Bool
  /// The folder that holds it: absolute, links resolved.
  package let root: String
  /// The files, ascending by the bytes of their path's components.
  package let files: [ScannedFile]
  /// What an operator ought to know, in path order.
  package let warnings: [ScanWarning]

  package init(name: String, isSingleFile: Bool, root: String, files: [ScannedFile], warnings: [ScanWarning]) {
    (self.name, self.isSingleFile, self.root, self.files, self.warnings) = (name, isSingleFile, root, files, warnings)
  }

  /// The files as a torrent builder takes them.
  package var torrentFiles: [TorrentFile] { files.map(\.file) }

  /// Where a file of a torrent made from this scan lies below `root`, whatever name the torrent was given.
  package func relativePath(of file: TorrentFile) -> [String] {
    isSingleFile ? [name] : [name] + file.path
  }
}

/// Something found by a scan that does not stand in the way of publishing.
package struct ScanWarning: Hashable, Sendable {
  /// What it is about.
  package enum Kind: Hashable, Sendable {
    /// The path given is a symbolic link; what it leads to is published, under that name.
    case rootIsLink(target: String)
    /// The folder is empty, and no torrent can hold that.
    case emptyFolder
    /// The symbolic link was left out.
    case skippedLink(target: String, why: String)
    /// Neither file, folder nor link: left out. `found` is as in "a socket".
    case skippedSpecial(found: String)
    /// The symbolic link is kept though there is nothing where it points.
    case danglingLink(target: String)
  }

  /// The path as it is shown to people.
  package let path: String
  /// What there is to say.
  package let kind: Kind

  package init(path: String, kind: Kind) {
    (self.path, self.kind) = (path, kind)
  }
}

extension ScanWarning: CustomStringConvertible {
  package var description: String {
    switch kind {
    case .rootIsLink(let target): "\(path): symbolic link, publishing \(target)"
    case .emptyFolder: "\(path): empty folder left out: a torrent cannot hold it"
    case .skippedLink(let target, let why): "\(path): symbolic link to \(target) left out: \(why)"
    case .skippedSpecial(let found): "\(path): left out: is \(found)"
    case .danglingLink(let target): "\(path): symbolic link kept, but there is nothing at \(target)"
    }
  }
}

/// What to do with what no torrent can hold.
package struct ScanOptions: Hashable, Sendable {
  /// Leave out, with a warning, symbolic links that lead outside of the artifact or cannot be followed. Otherwise they are refused.
  /// Links that stay inside are kept in both cases, as BEP 47 has them; none is ever followed.
  package var skipSymlinks: Bool
  /// Leave out, with a warning, sockets, devices and named pipes. Otherwise they are refused.
  package var skipSpecialFiles: Bool

  package init(skipSymlinks: Bool = false, skipSpecialFiles: Bool = false) {
    (self.skipSymlinks, self.skipSpecialFiles) = (skipSymlinks, skipSpecialFiles)
  }
}
