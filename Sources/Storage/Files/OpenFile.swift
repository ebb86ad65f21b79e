import Glibc
import Metainfo
import Synchronization

/// An open descriptor for reading one regular file. It is closed when the last reference goes, so never under a reader.
package final class OpenFile: Sendable {
  /// The descriptor, open as long as this object lives.
  let descriptor: Int32
  /// What the file was when it was opened.
  let identity: FileIdentity
  private let waits = Atomic(false)

  private init(descriptor: Int32, identity: FileIdentity) {
    (self.descriptor, self.identity) = (descriptor, identity)
  }

  deinit { close(descriptor) }

  /// Whether this file's system cannot read without waiting (no RWF_NOWAIT).
  var needsWaiting: Bool { waits.load(ordering: .relaxed) }

  /// Remembers that reads without waiting are not to be tried again.
  func setNeedsWaiting() { waits.store(true, ordering: .relaxed) }

  /// The regular file at `path` below the root; nil where `cachedOnly` and a disk would have to be waited for.
  ///
  /// - Parameter evidence: what the file must be; nil takes it as it is.
  /// - Throws: as `BeneathRoot.open`; `wrongKind` for anything but a regular file, `changed` where the evidence does not hold.
  static func open(
    _ path: [String], below root: String, evidence: FileIdentity?, cachedOnly: Bool = false
  ) throws(StorageError) -> OpenFile? {
    guard let descriptor = try BeneathRoot(root: root).open(path, flags: O_RDONLY, cachedOnly: cachedOnly) else { return nil }
    let status = FileStatus(descriptor: descriptor)
    let number = errno
    do throws(StorageError) {
      let display = BeneathRoot.display(root, path)
      guard let status else { throw .failed(path: display, operation: "stat", offset: nil, errno: number) }
      guard status.isFile else { throw .wrongKind(path: display, found: status.kind) }
      if let what = evidence?.difference(from: status.identity) { throw .changed(path: display, what: what) }
      return OpenFile(descriptor: descriptor, identity: status.identity)
    } catch {
      close(descriptor)
      throw error
    }
  }
}
