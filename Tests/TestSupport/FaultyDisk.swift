import Foundation

/// A disk that fails for one process when the test says so: a library that stands between the process and libc, compiled here from its
/// source, and the rule by which it works.
package struct FaultyDisk: Sendable {
  /// What is to fail.
  package enum Operation: String, Sendable {
    case reads = "r"
    case writes = "w"
    case opens = "o"
  }

  private let folder: TemporaryDirectory
  private static let ruleLength = 4096

  /// Compiles the library from the source file.
  package init(source: String) async throws {
    folder = try TemporaryDirectory("faulty-disk")
    try folder.write([UInt8](repeating: 0, count: Self.ruleLength), to: "rule")
    try await ProcessRunner("cc", ["-std=gnu11", "-O2", "-shared", "-fPIC", "-o", folder.path("library.so"), source, "-ldl"]).output()
  }

  /// What the process must be started with.
  package var environment: [String: String] { ["LD_PRELOAD": folder.path("library.so"), "FAULTY_DISK": folder.path("rule")] }

  /// From now on the operation fails with `errno` on all files whose path has this part.
  package func fail(_ operation: Operation, _ errno: Int32, on part: String) throws {
    try write("\(operation.rawValue) \(errno) \(part)\n")
  }

  /// Nothing fails any more.
  package func heal() throws { try write("") }

  /// In place: the process has the file mapped.
  private func write(_ rule: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("rule")))
    defer { try? handle.close() }
    try handle.write(contentsOf: Data(rule.utf8) + Data(count: Self.ruleLength - rule.utf8.count))
  }
}
