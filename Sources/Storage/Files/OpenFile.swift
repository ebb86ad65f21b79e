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
  private let lease: FileLease?
  private let keeper: LeaseKeeper?
  /// We write to the file ourselves: that its times change says nothing.
  private let isOurs: Bool

  private init(descriptor: Int32, identity: FileIdentity, lease: FileLease?, keeper: LeaseKeeper?, isOurs: Bool) {
    (self.descriptor, self.identity, self.lease, self.keeper, self.isOurs) = (descriptor, identity, lease, keeper, isOurs)
  }

  deinit {
    // Out of the keeper's table first: the number may be another file's as soon as it is closed.
    if lease != nil { keeper?.forget(descriptor) }
    close(descriptor)
  }

  /// Whether a lease has kept others from writing since the file was opened.
  var isLeased: Bool { lease?.isBroken == false }

  /// Counts a window on the file, for which its lease is kept even when somebody wants to write; false where there is no lease that stands.
  func beginWindow() -> Bool {
    guard let lease, let keeper else { return false }
    return keeper.beginWindow(descriptor, lease)
  }

  /// A window is gone: after the last one a lease that somebody has broken is given back.
  func endWindow() { keeper?.endWindow(descriptor) }

  /// Why bytes that were read up to now may not be those of the file as it was opened; nil where they are.
  ///
  /// With a lease that is known without a system call. Without one the file is looked at: whoever writes changes its times before its
  /// bytes.
  func doubt(_ display: @autoclosure () -> String) -> StorageError? {
    if let lease { return lease.isBroken ? .openedForWriting(path: display()) : nil }
    guard let now = FileStatus(descriptor: descriptor)?.identity else { return .missing(path: display()) }
    if isOurs, identity.size == now.size { return nil }
    return identity.difference(from: now).map { .changed(path: display(), what: $0) }
  }

  /// Whether this file's system cannot read without waiting (no RWF_NOWAIT).
  var needsWaiting: Bool { waits.load(ordering: .relaxed) }

  /// Remembers that reads without waiting are not to be tried again.
  func setNeedsWaiting() { waits.store(true, ordering: .relaxed) }

  /// The regular file at `path` below the root; nil where `cachedOnly` and a disk would have to be waited for.
  ///
  /// - Parameters:
  ///   - evidence: what the file must be; nil takes it as it is.
  ///   - leases: leases the file where that can be had; `onBreak` is called when another program wants to write.
  ///   - isOurs: we write to it ourselves. It is then not leased, which would make our own writer wait.
  /// - Throws: as `BeneathRoot.open`; `wrongKind` for anything but a regular file, `changed` where the evidence does not hold.
  static func open(
    _ path: [String], below root: String, evidence: FileIdentity?, cachedOnly: Bool = false, leases: LeaseKeeper? = nil,
    isOurs: Bool = false, onBreak: @escaping @Sendable () -> Void = {}
  ) throws(StorageError) -> OpenFile? {
    guard let descriptor = try BeneathRoot(root: root).open(path, flags: O_RDONLY, cachedOnly: cachedOnly) else { return nil }
    // Leased before it is looked at: what is seen then stays so.
    let lease = isOurs ? nil : leases?.take(descriptor, notify: onBreak)
    let status = FileStatus(descriptor: descriptor)
    let number = errno
    do throws(StorageError) {
      let display = BeneathRoot.display(root, path)
      guard let status else { throw .failed(path: display, operation: "stat", offset: nil, errno: number) }
      guard status.isFile else { throw .wrongKind(path: display, found: status.kind) }
      if let what = evidence?.difference(from: status.identity) { throw .changed(path: display, what: what) }
      return OpenFile(descriptor: descriptor, identity: status.identity, lease: lease, keeper: leases, isOurs: isOurs)
    } catch {
      if lease != nil { leases?.forget(descriptor) }
      close(descriptor)
      throw error
    }
  }
}
