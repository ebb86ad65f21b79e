import ArgumentParser
import Foundation

/// Calls the rig's bench.py.
struct RigRunner {
  let rig: String
  let data: String
  let bin: String
  let cases: String
  /// The file that it appends a line of JSON to for each case.
  let output: String

  /// Runs all cases once with a seeder that the rig knows, or with one of our own that it starts by `command`.
  func run(_ kind: String, command: String?) throws {
    try run(kind, ["--kinds", kind] + (command.map { ["--custom", $0] } ?? []))
  }

  /// Runs all cases once with a seeder of SSL torrents that runs already.
  func attach(_ kind: String, pid: Int32, port: Int) throws {
    try run(kind, ["--label", kind, "--pid", "\(pid)", "--port", "\(port)", "--tls"])
  }

  private func run(_ kind: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", rig + "/bench.py", "run", "--cases", cases, "--rounds", "1", "--out", output] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["RIG_DATA": data, "RIG_BIN": bin]) { $1 }
    process.standardOutput = FileHandle.standardError
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ValidationError("\(rig)/bench.py ended with status \(process.terminationStatus) for \(kind)")
    }
  }
}
