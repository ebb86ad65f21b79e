import Metainfo

/// A look at every file of an artifact before any is read.
struct FileSurvey {
  let files: ArtifactFiles
  /// By file index.
  let problems: [Int: StorageError]

  init(layout: PieceLayout, root: String, paths: [[String]]) {
    let unseen = ArtifactFiles(layout: layout, root: root, paths: paths, identities: [])
    var identities = [FileIdentity?](repeating: nil, count: layout.files.count)
    var problems: [Int: StorageError] = [:]
    for index in layout.files.indices where !layout.files[index].isPadding {
      do throws(StorageError) {
        identities[index] = try Self.look(index, unseen)
        if let found = identities[index]?.size, found != layout.files[index].length {
          throw .wrongSize(path: unseen.display(index), expected: layout.files[index].length, found: found)
        }
      } catch {
        problems[index] = error
      }
    }
    files = ArtifactFiles(layout: layout, root: root, paths: paths, identities: identities)
    self.problems = problems
  }

  /// The identity of a file; nil for a link, which has only to be one.
  private static func look(_ index: Int, _ files: ArtifactFiles) throws(StorageError) -> FileIdentity? {
    guard files.layout.files[index].symlinkTarget != nil else { return try files.look(index) }
    let status = try FileStatus.of(files.path(index), below: files.root)
    guard status.isLink else { throw .wrongKind(path: files.display(index), found: "\(status.kind), not a symbolic link") }
    return nil
  }
}
