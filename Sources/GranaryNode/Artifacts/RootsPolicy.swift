import Foundation

/// Data may be served from below `artifacts.roots` only.
struct RootsPolicy: Sendable {
  private let roots: [String]

  init(roots: [String]) {
    self.roots = roots.map { Self.real($0) ?? $0 }
  }

  /// Throws where the path, links resolved, lies below none of the roots.
  func check(_ path: String) throws {
    let resolved = Self.real(path) ?? path
    guard roots.contains(where: { resolved == $0 || resolved.hasPrefix($0 == "/" ? "/" : $0 + "/") }) else {
      throw Failure(.notPermitted, "\(path) is not below any of artifacts.roots (\(roots.joined(separator: ", ")))")
    }
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
