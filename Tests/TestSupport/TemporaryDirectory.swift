import Foundation

/// A folder of a test's own below the system's temporary folder; it goes with everything in it when the last reference does.
package final class TemporaryDirectory: Sendable {
  /// The folder's absolute path, without symlinks in it.
  package let path: String

  /// Makes the folder, readable by its owner only. `name` is a prefix that helps whoever finds it left behind.
  ///
  /// - Parameter isInMemory: where there is a file system in memory, it is made there: for thousands of small files that are forced to disk.
  package convenience init(_ name: String = "test", isInMemory: Bool = false) throws {
    let usual = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    let memory = URL(fileURLWithPath: "/dev/shm")
    let parent = isInMemory && FileManager.default.isWritableFile(atPath: memory.path) ? memory : usual
    try self.init(name, in: parent)
  }

  /// Makes the folder in this one.
  package init(_ name: String, in parent: URL) throws {
    let folder = parent.appendingPathComponent("granary-\(name)-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    path = folder.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of an entry of the folder, which need not exist.
  package func path(_ relative: String) -> String { path + "/" + relative }

  /// Writes a file, making the folders above it; gives its absolute path.
  @discardableResult
  package func write(_ bytes: some Sequence<UInt8>, to relative: String) throws -> String {
    let file = URL(fileURLWithPath: path(relative))
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// The bytes of a file in the folder.
  package func read(_ relative: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(relative))))
  }

  /// The names in the folder, or in one below it, sorted.
  package func entries(_ relative: String? = nil) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: relative.map { path($0) } ?? path).sorted()
  }
}
