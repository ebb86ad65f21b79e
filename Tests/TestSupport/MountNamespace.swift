import Foundation

/// A mount namespace of a test's own: what is mounted in it nobody else sees, and it goes with the last process in it. Needs root.
package struct MountNamespace: Sendable {
  /// Holds the namespace open; ends with the tests at the latest.
  private let holder: RunningProcess

  /// Whether this process may make one and mount in it: as root, and not in a container that forbids it.
  package static let isPermitted: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = ["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    process.standardError = nil
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// Whether it may mount the image of a file system too.
  package static let isLoopPermitted =
    isPermitted && FileManager.default.fileExists(atPath: "/dev/loop-control")
    && FileManager.default.isWritableFile(atPath: "/dev/loop-control")
    && FileManager.default.isExecutableFile(atPath: "/usr/sbin/mkfs.ext4")

  /// A namespace that begins as a copy of the machine's.
  package init() async throws {
    holder = try ProcessRunner("unshare", ["--mount", "--propagation", "private", "tail", "-f", "/dev/null"]).start()
    let deadline = ContinuousClock.now + .seconds(60)
    // The process is there before its namespace is.
    while try namespace(of: holder.pid) == namespace(of: getpid()) {
      guard ContinuousClock.now < deadline, holder.exit == nil else { throw ProcessFailure("no mount namespace: \(holder.errors)") }
      try await ProcessRunner("true", []).output()
    }
  }

  /// The same command, run inside the namespace.
  package func wrap(_ runner: ProcessRunner) -> ProcessRunner {
    var wrapped = runner
    (wrapped.program, wrapped.arguments) = ("nsenter", ["--mount", "--target", String(holder.pid), runner.program] + runner.arguments)
    return wrapped
  }

  /// Runs a command inside the namespace, which must succeed.
  @discardableResult
  package func run(_ program: String, _ arguments: String...) async throws -> String {
    try await wrap(ProcessRunner(program, arguments)).output()
  }

  private func namespace(of pid: pid_t) throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/mnt")
  }
}
