import CLinux
import Glibc

extension FileStatus {
  /// The status of what lies at `path` below the root now, without opening it for reading; a link at the path's end is shown as one.
  static func of(_ path: [String], below root: String) throws(StorageError) -> FileStatus {
    let display = BeneathRoot.display(root, path)
    guard let descriptor = try BeneathRoot(root: root).open(path, flags: granary_o_path) else { throw .missing(path: display) }
    defer { close(descriptor) }
    guard let status = FileStatus(descriptor: descriptor) else {
      throw .failed(path: display, operation: "stat", offset: nil, errno: errno)
    }
    return status
  }
}
