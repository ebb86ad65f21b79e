import ArgumentParser
import Foundation
import Glibc

/// Programs that measurements start.
enum ChildProcess {
  /// Starts a program; what it says goes to `output` and `errors`, by default nowhere.
  static func start(
    _ command: [String], input: Any? = nil, output: Any? = nil, errors: Any? = nil, environment: [String: String] = [:]
  ) throws -> Process {
    guard let program = command.first else { throw ValidationError("no program") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = program.contains("/") ? ["--"] + command : command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = output ?? FileHandle.nullDevice
    process.standardError = errors ?? FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Runs a program to its end; fails where it does. Gives what it wrote to its standard output.
  @discardableResult
  static func run(_ command: [String], input: Any? = nil, environment: [String: String] = [:]) throws -> Data {
    let pipe = Pipe()
    let process = try start(command, input: input, output: pipe, errors: FileHandle.standardError, environment: environment)
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ValidationError("\(command.joined(separator: " ")) ended with status \(process.terminationStatus)")
    }
    return text
  }

  /// A new file for what a program says.
  static func log(_ path: String) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path) else {
      throw CocoaError(.fileWriteUnknown)
    }
    return handle
  }

  /// Ends a program that runs for as long as it is let. Killed: what inherits that TERM is ignored does not hear it.
  static func stop(_ process: Process) {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Asks again and again whether something is so.
  static func wait(for process: Process, _ what: String, until isSo: () throws -> Bool) throws {
    for _ in 0..<600 where process.isRunning {
      if try isSo() { return }
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw ValidationError("\(what) did not become ready")
  }
}
