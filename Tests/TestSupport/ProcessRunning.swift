import Dispatch
import Foundation
import Synchronization

/// A started process. It has a process group of its own, which is killed when the last reference to this goes; it gets TERM when the tests
/// end without having seen to it.
///
/// What it writes goes to files, so that neither it nor we ever wait for the other to read.
package final class RunningProcess: Sendable {
  /// Its process id, which is its group's too.
  package let pid: pid_t
  private let command: String
  private let folder: TemporaryDirectory
  private let latch = ProcessExitLatch()

  init(_ runner: ProcessRunner) throws {
    command = runner.commandLine
    folder = try TemporaryDirectory("process")
    pid = try Self.spawnAndWatch(runner, folder: folder, latch: latch)
  }

  deinit {
    if latch.exit == nil { Glibc.kill(-pid, SIGKILL) }
  }

  /// What it has written to standard output so far.
  package var output: String { text(of: "output") }
  /// What it has written to standard error so far.
  package var errors: String { text(of: "errors") }
  /// How it ended; nil while it runs.
  package var exit: ProcessExit? { latch.exit }

  /// How it ends; nil if it still runs when the time is over.
  package func exit(within limit: Duration) async -> ProcessExit? { await latch.wait(within: limit) }

  /// Sends the process (not its group) a signal, if it still runs.
  package func send(_ signal: Int32) {
    if latch.exit == nil { Glibc.kill(pid, signal) }
  }

  /// Kills the whole group at once and waits until the process is gone.
  package func kill() async {
    Glibc.kill(-pid, SIGKILL)
    _ = await latch.wait(within: .seconds(10))
  }

  /// Lets it run so long, unless it ends by itself, then kills the whole group; gives how it ended.
  package func kill(after time: Duration) async -> ProcessExit? {
    if await latch.wait(within: time) == nil { await kill() }
    return latch.exit
  }

  /// Asks it to end with TERM, which it must obey with exit code 0 in time.
  package func terminate(within limit: Duration = .seconds(60)) async throws {
    send(SIGTERM)
    let exit = await exit(within: limit)
    if exit == nil { await kill() }
    guard exit == .code(0) else { throw ProcessFailure("after TERM: \(result(exit: exit))") }
  }

  /// What it left so far, with how it ended.
  package func result(exit: ProcessExit?) -> ProcessResult {
    ProcessResult(command: command, exit: exit, output: output, errors: errors)
  }

  private func text(of name: String) -> String {
    let bytes = (try? folder.read(name)) ?? []
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func waitFor(_ pid: pid_t) -> ProcessExit {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1 {
      // Only an interruption is worth another try; otherwise somebody else reaped the child and its status is lost.
      guard errno == EINTR else { return .code(-1) }
    }
    return ProcessExit(status: status)
  }
}

extension RunningProcess {
  /// Starts the process from a thread of its own, which then waits for its end: the kernel takes the end of that thread for the end of
  /// the parent, and what we start is to get TERM only when the tests themselves have ended.
  private static func spawnAndWatch(_ runner: ProcessRunner, folder: TemporaryDirectory, latch: ProcessExitLatch) throws -> pid_t {
    let outcome = SpawnOutcome()
    Thread.detachNewThread {
      let result = Result { try spawn(runner, output: folder.path("output"), errors: folder.path("errors")) }
      outcome.set(result)
      if case .success(let pid) = result { latch.close(waitFor(pid)) }
    }
    return try outcome.wait().get()
  }

  private static func spawn(_ runner: ProcessRunner, output: String, errors: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    addFiles(to: &actions, output: output, errors: errors)
    setGroup(of: &attributes)
    var pid: pid_t = 0
    let variables = ProcessInfo.processInfo.environment.merging(runner.environment) { $1 }.map { "\($0)=\($1)" }
    let words = runner.words
    let code = withCStrings(words) { arguments in
      withCStrings(variables) { posix_spawnp(&pid, words[0], &actions, &attributes, arguments, $0) }
    }
    guard code == 0 else { throw ProcessFailure("\(runner.commandLine): \(String(cString: strerror(code)))") }
    return pid
  }

  private static func addFiles(to actions: inout posix_spawn_file_actions_t, output: String, errors: String) {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  }

  private static func setGroup(of attributes: inout posix_spawnattr_t) {
    // Signals as a shell would start it with: none blocked, none ignored.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  }

  /// Calls `body` with the strings as a null-terminated C array.
  private static func withCStrings<Result>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}

/// Hands what came of starting a process from the thread that did it to the one that waits for it.
private final class SpawnOutcome: Sendable {
  private let result = Mutex<Result<pid_t, any Error>>(.failure(ProcessFailure("not started")))
  private let isSet = DispatchSemaphore(value: 0)

  func set(_ outcome: Result<pid_t, any Error>) {
    result.withLock { $0 = outcome }
    isSet.signal()
  }

  func wait() -> Result<pid_t, any Error> {
    isSet.wait()
    return result.withLock { $0 }
  }
}
