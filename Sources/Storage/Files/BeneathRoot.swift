import CLinux
import Glibc
import Synchronization

/// Opens files below a root so that no symbolic link, at the end of the path or in any folder on the way, can lead outside.
///
/// The root itself is the operator's word and may be reached through links. `openat2` does it in one call; where the kernel or a
/// container's filter lacks that, each component is opened by itself without following links.
struct BeneathRoot {
  /// The folder that must not be left.
  let root: String

  private static let hasOpenat2 = Atomic(true)

  /// A descriptor for what lies at `path` below the root. Close-on-exec; never blocks on a named pipe.
  ///
  /// - Parameter cachedOnly: answer nil, rather than wait for a disk, where the kernel would have to look up names there.
  /// - Throws: `missing`, `symlink`, `badName`, or `failed` with the `errno`.
  func open(_ path: [String], flags: Int32, cachedOnly: Bool = false) throws(StorageError) -> Int32? {
    let display = Self.display(root, path)
    guard !path.isEmpty, path.allSatisfy(Self.isComponent) else {
      throw .badName(path: display, why: "is not a path of plain names")
    }
    // A descriptor that only names a file opens nothing that could block, and openat2 takes no such flag with it.
    let flags = flags | O_CLOEXEC | O_NOFOLLOW | (flags & granary_o_path == 0 ? O_NONBLOCK | O_NOCTTY : 0)
    guard let folder = try openRoot(display, cachedOnly) else { return nil }
    defer { close(folder) }
    let result = Self.open(folder, path, flags, cachedOnly)
    if result == -EAGAIN, cachedOnly { return nil }
    guard result >= 0 else { throw .opening(display, errno: -result) }
    return result
  }

  /// The path as it is shown to people.
  static func display(_ root: String, _ path: [String]) -> String {
    ([root.hasSuffix("/") ? String(root.dropLast()) : root] + path).joined(separator: "/")
  }

  private static func isComponent(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
  }

  private func openRoot(_ display: String, _ cachedOnly: Bool) throws(StorageError) -> Int32? {
    let flags = granary_o_path | O_DIRECTORY | O_CLOEXEC
    if cachedOnly {
      guard Self.hasOpenat2.load(ordering: .relaxed) else { return nil }
      let folder = granary_openat2(AT_FDCWD, root, UInt64(flags), granary_resolve_cached)
      if folder >= 0 { return folder }
      // EAGAIN: not cached. EINVAL, ENOSYS, EPERM: cannot be asked. Others are found again, and said, by who may wait.
      return nil
    }
    let folder = Glibc.open(root, flags)
    guard folder >= 0 else { throw .opening(display, errno: errno) }
    return folder
  }

  /// The descriptor, or the negated `errno`.
  private static func open(_ folder: Int32, _ path: [String], _ flags: Int32, _ cachedOnly: Bool) -> Int32 {
    if hasOpenat2.load(ordering: .relaxed) {
      var resolve = granary_resolve_beneath | granary_resolve_no_symlinks
      if cachedOnly { resolve |= granary_resolve_cached }
      let result = granary_openat2(folder, path.joined(separator: "/"), UInt64(flags), resolve)
      if result >= 0 { return result }
      switch errno {
      // EPERM is what older container filters answer for a call they do not know.
      case ENOSYS, EPERM: hasOpenat2.store(false, ordering: .relaxed)
      case ENAMETOOLONG: break
      case let number: return -number
      }
    }
    return cachedOnly ? -EAGAIN : openByComponent(folder, path, flags)
  }

  /// What `open` does where there is no `openat2`; internal so that tests reach it on any kernel.
  static func openByComponent(_ root: Int32, _ path: [String], _ flags: Int32) -> Int32 {
    var folder = root
    defer { if folder != root { close(folder) } }
    for name in path.dropLast() {
      let next = openat(folder, name, granary_o_path | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
      guard next >= 0 else { return -linkOr(errno, folder, name) }
      if folder != root { close(folder) }
      folder = next
    }
    let result = openat(folder, path.last ?? "", flags)
    return result >= 0 ? result : -linkOr(errno, folder, path.last ?? "")
  }

  /// ENOTDIR is what a symbolic link in a folder's place gives here; say ELOOP for it as `openat2` does.
  private static func linkOr(_ number: Int32, _ folder: Int32, _ name: String) -> Int32 {
    guard number == ENOTDIR, FileStatus(folder: folder, name: name)?.isLink == true else { return number }
    return ELOOP
  }
}
