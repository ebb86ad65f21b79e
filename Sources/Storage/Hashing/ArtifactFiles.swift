import Metainfo

/// An artifact's files as those who hash them see them: where each lies, and what it was found to be.
struct ArtifactFiles: Sendable {
  let layout: PieceLayout
  let spans: FileSpans
  let root: String
  /// By file index.
  let paths: [[String]]
  /// By file index; nil is not compared.
  let identities: [FileIdentity?]

  init(layout: PieceLayout, root: String, paths: [[String]], identities: [FileIdentity?]) {
    (self.layout, self.root, self.paths, self.identities) = (layout, root, paths, identities)
    spans = FileSpans(layout)
  }

  /// Whether the file is content on disk rather than padding or a link.
  func isContent(_ file: Int) -> Bool {
    !layout.files[file].isPadding && layout.files[file].symlinkTarget == nil
  }

  func path(_ file: Int) -> [String] { paths.indices.contains(file) ? paths[file] : [] }

  func display(_ file: Int) -> String { BeneathRoot.display(root, path(file)) }

  func identity(_ file: Int) -> FileIdentity? { identities.indices.contains(file) ? identities[file] : nil }

  /// What the file is now, its kind checked.
  func look(_ file: Int) throws(StorageError) -> FileIdentity {
    let status = try FileStatus.of(path(file), below: root)
    if status.isLink { throw .symlink(path: display(file)) }
    guard status.isFile else { throw .wrongKind(path: display(file), found: status.kind) }
    return status.identity
  }

  /// Why the file is no longer what it was found to be; nil where it is, or where nothing is known of it.
  func change(_ file: Int) -> StorageError? {
    guard let before = identity(file) else { return nil }
    do throws(StorageError) {
      return before.difference(from: try look(file)).map { .changed(path: display(file), what: $0) }
    } catch {
      return error
    }
  }
}

/// What keeps a piece from being read, and in which file.
struct FileFault: Error {
  let file: Int
  let error: StorageError
}
