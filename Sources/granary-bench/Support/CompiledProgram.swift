import ArgumentParser
import Foundation

/// A C++ program of ours that the system's compiler makes with the system's libraries, so that no code of the node is measured by itself.
struct CompiledProgram {
  let path: String

  /// - Parameter libraries: what it is linked with.
  init(_ name: String, below folder: String, libraries: [String] = ["ssl", "crypto"]) throws {
    path = folder + "/" + name
    try ChildProcess.run(["g++", "-O2", "-std=c++17", "-o", path, try Self.resource(name + ".cpp")] + libraries.map { "-l" + $0 })
  }

  /// The file of a program's text.
  static func resource(_ name: String) throws -> String {
    guard let folder = Bundle.module.resourceURL else { throw ValidationError("the program's resources are gone") }
    return folder.appendingPathComponent("Programs/" + name).path
  }
}
