import Foundation

/// A command to run: a program with its arguments, no shell between.
package struct ProcessRunner: Sendable {
  /// The program: a path, or a name that is looked up in `PATH`.
  package var program: String
  /// Its arguments, without the program's name.
  package var arguments: [String]
  /// Variables that are set or replaced beside those of the tests.
  package var environment: [String: String]
  /// The folder it runs in; nil for the tests' own.
  package var workingFolder: String?

  package init(_ program: String, _ arguments: [String], environment: [String: String] = [:], workingFolder: String? = nil) {
    (self.program, self.arguments) = (program, arguments)
    (self.environment, self.workingFolder) = (environment, workingFolder)
  }

  /// Starts the command in a process group of its own.
  package func start() throws -> RunningProcess { try RunningProcess(self) }

  /// Runs the command to its end; past the deadline its whole group is killed and the result's `exit` is nil.
  package func run(within limit: Duration = .seconds(30)) async throws -> ProcessResult {
    let process = try start()
    let exit = await process.exit(within: limit)
    if exit == nil { await process.kill() }
    return process.result(exit: exit)
  }

  /// Runs the command to its end, which must be exit code 0; gives its standard output.
  @discardableResult
  package func output(within limit: Duration = .seconds(30)) async throws -> String {
    let result = try await run(within: limit)
    guard result.exit == .code(0) else { throw ProcessFailure("\(result)") }
    return result.output
  }

  /// What is executed: `setpriv` and `env` prepare the process and then become the program, with the same process id.
  var words: [String] {
    let folder = workingFolder.map { ["env", "--chdir=" + $0] } ?? []
    return ["setpriv", "--pdeathsig", "TERM"] + folder + [program] + arguments
  }

  /// The command line as people write it.
  package var commandLine: String { ([program] + arguments).joined(separator: " ") }
}
