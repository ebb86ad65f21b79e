import Foundation

/// A folder of this run's own that goes with it.
struct Scratch: ~Copyable {
  let path: String

  /// A new folder below the system's temporary one, or below `parent`.
  init(below parent: String? = nil) throws {
    let base = parent.map { URL(fileURLWithPath: $0) } ?? FileManager.default.temporaryDirectory
    let folder = base.appendingPathComponent("granary-bench-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file of incompressible bytes, which is then in the page cache.
  func makePayload(_ name: String, mebibytes: Int) throws -> String {
    let file = path + "/" + name
    guard FileManager.default.createFile(atPath: file, contents: nil), let handle = FileHandle(forWritingAtPath: file) else {
      throw CocoaError(.fileWriteUnknown)
    }
    defer { try? handle.close() }
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<mebibytes {
      try handle.write(contentsOf: Self.mebibyte(&state))
    }
    return file
  }

  private static func mebibyte(_ state: inout UInt64) -> Data {
    var words = [UInt64](repeating: 0, count: (1 << 20) / 8)
    for index in words.indices {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      words[index] = state
    }
    return words.withUnsafeBytes { Data($0) }
  }
}
