import Foundation

/// What a kill leaves.
extension AtomicFile {
  /// Deletes the temporary files in a folder that nobody writes any more: a process that was killed between making one and giving it its
  /// name leaves it behind. Those of living writers are locked, and stay. Errors are passed over: the next sweep meets the file again.
  package static func sweep(folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where isTemporary(name) {
      let path = folder + "/" + name
      let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(descriptor)
    }
  }

  private static func isTemporary(_ name: String) -> Bool { name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix) }
}
