import Foundation

/// Data may be served from below `artifacts.roots` only.
struct RootsPolicy: Sendable {
  private let roots: [String]
  /// The roots as they are written, and with their links resolved.
  private let names: [String]

  init(roots: [String]) {
    self.roots = roots.map { Self.real($0) ?? $0 }
    names = roots + self.roots
  }

  /// Whether the path lies below a root going by its text alone, or else by a look at it. Links on the way out of a root are found by
  /// `check` only.
  func admits(_ path: String) -> Bool {
    if !path.contains("/../"), !path.hasSuffix("/.."), names.contains(where: { Self.isBelow(path, $0) }) { return true }
    return (try? check(path)) != nil
  }

  private static func isBelow(_ path: String, _ root: String) -> Bool {
    path == root || path.hasPrefix(root.hasSuffix("/") ? root : root + "/")
  }

  /// Throws where the path, links resolved, lies below none of the roots.
  func check(_ path: String) throws {
    let resolved = Self.resolved(path)
    guard roots.contains(where: { Self.isBelow(resolved, $0) }) else {
      throw Failure(.notPermitted, "\(path) is not below any of artifacts.roots (\(roots.joined(separator: ", ")))")
    }
  }

  /// The path with its links resolved, as far as it exists; what does not exist yet is taken below the deepest folder that does.
  private static func resolved(_ path: String) -> String {
    if let real = real(path) { return real }
    let url = URL(fileURLWithPath: path).standardizedFileURL
    guard url.path != "/" else { return "/" }
    let parent = resolved(url.deletingLastPathComponent().path)
    return (parent == "/" ? "" : parent) + "/" + url.lastPathComponent
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
