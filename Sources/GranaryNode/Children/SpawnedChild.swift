import CLinux
import Glibc
import PluginKit

/// A process that we have started, with our ends of its three pipes. Lives on the thread that started it.
final class SpawnedChild {
  let pid: pid_t
  /// Its standard input; -1 once it is closed.
  private(set) var input: Int32
  let output: Int32
  /// Its standard error; -1 once it is closed.
  private(set) var errors: Int32

  /// Descriptors that it may open.
  private static let mostFiles: UInt64 = 1024
  /// It steps back behind the node's own threads.
  private static let niceness: Int32 = 5
  /// Where memory is short, it goes before the node does.
  private static let outOfMemoryScore = "500"

  private init(pid: pid_t, input: Int32, output: Int32, errors: Int32) {
    (self.pid, self.input, self.output, self.errors) = (pid, input, output, errors)
  }

  deinit {
    for descriptor in [input, output, errors] where descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// Starts the program. The kernel kills it when the calling thread ends.
  static func start(_ program: ChildProgram) throws(SpawnFailure) -> SpawnedChild {
    let user = try user(of: program)
    let input = try pipe(ours: 1)
    let output: (read: Int32, write: Int32)
    let errors: (read: Int32, write: Int32)
    do throws(SpawnFailure) {
      output = try pipe(ours: 0)
    } catch {
      close([input])
      throw error
    }
    do throws(SpawnFailure) {
      errors = try pipe(ours: 0)
    } catch {
      close([input, output])
      throw error
    }
    var order = granary_child()
    (order.input, order.output, order.errors) = (input.read, output.write, errors.write)
    (order.files, order.memory, order.niceness) = (mostFiles, UInt64(clamping: program.memory), niceness)
    (order.uid, order.gid) = (user.map { Int64($0.uid) } ?? -1, user.map { Int64($0.gid) } ?? -1)
    do throws(SpawnFailure) {
      let pid = try start(program, order)
      for descriptor in [input.read, output.write, errors.write] { Glibc.close(descriptor) }
      makeExpendable(pid)
      return SpawnedChild(pid: pid, input: input.write, output: output.read, errors: errors.read)
    } catch {
      close([input, output, errors])
      throw error
    }
  }

  private static func user(of program: ChildProgram) throws(SpawnFailure) -> ProgramUser? {
    guard let name = program.user else { return nil }
    do throws(ProgramUserProblem) {
      return try ProgramUser.named(name)
    } catch {
      throw SpawnFailure(words: error.words)
    }
  }

  private static func start(_ program: ChildProgram, _ order: granary_child) throws(SpawnFailure) -> pid_t {
    let words = ([program.path] + program.arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    var (pid, stage): (pid_t, Int32) = (0, 0)
    let code = (words + [nil]).withUnsafeBufferPointer { arguments in
      program.path.withCString { path in
        var order = order
        (order.path, order.arguments) = (path, arguments.baseAddress)
        return granary_child_start(&order, &pid, &stage)
      }
    }
    guard code == 0 else { throw SpawnFailure(words: "\(String(cString: strerror(code))) (\(Self.words(for: stage)))") }
    return pid
  }

  private static func words(for stage: Int32) -> String {
    switch Int(stage) {
    case granary_stage_group: "making a process"
    case granary_stage_descriptors: "its pipes"
    case granary_stage_limits: "its limits"
    case granary_stage_user: "becoming another user"
    case granary_stage_program: "the program"
    default: "preparing the process"
    }
  }

  private static func pipe(ours: Int32) throws(SpawnFailure) -> (read: Int32, write: Int32) {
    var ends: (Int32, Int32) = (-1, -1)
    let code = withUnsafeMutableBytes(of: &ends) { granary_pipe($0.bindMemory(to: Int32.self).baseAddress, ours) }
    guard code == 0 else { throw SpawnFailure(words: "no pipe: \(String(cString: strerror(code)))") }
    return (ends.0, ends.1)
  }

  private static func close(_ pipes: [(read: Int32, write: Int32)]) {
    for pipe in pipes {
      Glibc.close(pipe.read)
      Glibc.close(pipe.write)
    }
  }

  private static func makeExpendable(_ pid: pid_t) {
    let descriptor = open("/proc/\(pid)/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, outOfMemoryScore, outOfMemoryScore.utf8.count)
    Glibc.close(descriptor)
  }

  // MARK: Its life

  func closeInput() {
    guard input >= 0 else { return }
    Glibc.close(input)
    input = -1
  }

  func closeErrors() {
    guard errors >= 0 else { return }
    Glibc.close(errors)
    errors = -1
  }

  /// Whether it has ended; it has not been waited for.
  var hasEnded: Bool { granary_child_has_ended(pid) != 0 }

  /// Whether it ends within some time. Sleeps between looks.
  func ends(within limit: Duration) -> Bool {
    let deadline = ContinuousClock.now + limit
    while !hasEnded {
      guard ContinuousClock.now < deadline else { return false }
      usleep(5000)
    }
    return true
  }

  /// Asks it to end.
  func terminate() { kill(-pid, SIGTERM) }

  /// Kills its whole group, and waits until the kernel has let go of it; how it ended, in words.
  ///
  /// The group is killed before its leader is waited for: until then its number cannot be another's.
  func finish() -> String {
    kill(-pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1 {
      guard errno == EINTR else { return "ended" }
    }
    let signal = status & 0x7F
    return signal == 0 ? "ended with code \((status >> 8) & 0xFF)" : "was ended by signal \(signal)"
  }
}

/// Why a program could not be started.
struct SpawnFailure: Error, Hashable {
  let words: String
}
