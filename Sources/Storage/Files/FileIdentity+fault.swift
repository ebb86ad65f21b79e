import Metainfo

extension FileIdentity {
  /// Whether what lies at the path below the root is the file that had this identity; else what is wrong. Waits for the disk.
  package func fault(at path: [String], below root: String) -> StorageError? {
    do throws(StorageError) {
      return fault(of: try FileStatus.of(path, below: root), at: BeneathRoot.display(root, path))
    } catch {
      return error
    }
  }

  func fault(of status: FileStatus?, at path: String) -> StorageError? {
    guard let status else { return .missing(path: path) }
    if status.isLink { return .symlink(path: path) }
    guard status.isFile else { return .wrongKind(path: path, found: status.kind) }
    return difference(from: status.identity).map { .changed(path: path, what: $0) }
  }
}
