import CLinux
import Foundation
import PluginKit
import Synchronization

/// Programs that run beside the node, each with a thread of its own: whatever a program does, it holds up that thread alone. The thread lives
/// as long as its program, for the kernel takes the end of the one for the end of us, and kills the other.
final class ChildThreads: ChildProcesses {
  private struct State {
    var isOver = false
    var bells: [ObjectIdentifier: ChildBell] = [:]
  }

  private let state = Mutex(State())
  private static let lookInterval = Duration.milliseconds(10)

  var runsAsRoot: Bool { geteuid() == 0 }

  func problem(with program: ChildProgram) -> String? {
    if let problem = ProgramPath().problem(program.path) { return problem }
    guard program.arguments.allSatisfy({ !$0.utf8.contains(0) }) else { return "an argument holds a zero byte" }
    guard let user = program.user else { return nil }
    do throws(ProgramUserProblem) {
      _ = try ProgramUser.named(user)
      return nil
    } catch {
      return error.words
    }
  }

  func run(_ program: ChildProgram, _ driver: any ChildDriver) -> any ChildHandle {
    let bell = ChildBell()
    let id = ObjectIdentifier(bell)
    state.withLock { $0.bells[id] = bell }
    let thread = Thread { [self] in
      ChildRunner(program: program, driver: driver, bell: bell).run { [self] in state.withLock { $0.isOver } }
      state.withLock { $0.bells[id] = nil }
    }
    thread.name = "child"
    thread.start()
    return bell
  }

  /// Ends all programs, each with its group, and starts none any more. Waits until they are gone, or the time is over.
  func stop(within limit: Duration) async {
    let bells = state.withLock { state in
      state.isOver = true
      return Array(state.bells.values)
    }
    for bell in bells { bell.wake() }
    let deadline = ContinuousClock.now + limit
    while state.withLock({ !$0.bells.isEmpty }), ContinuousClock.now < deadline {
      try? await Task.sleep(for: Self.lookInterval)
    }
  }
}

/// Wakes a child's thread where it waits for its descriptors.
final class ChildBell: ChildHandle {
  private let isRung = Atomic(false)
  private let ends: (read: Int32, write: Int32)

  init() {
    var ends: (Int32, Int32) = (-1, -1)
    let code = withUnsafeMutableBytes(of: &ends) { granary_pipe($0.bindMemory(to: Int32.self).baseAddress, 0) }
    // Without descriptors there is no child either; its thread looks up now and then.
    self.ends = code == 0 ? ends : (-1, -1)
  }

  deinit {
    for end in [ends.read, ends.write] where end >= 0 { close(end) }
  }

  /// What becomes readable when the bell is rung.
  var descriptor: Int32 { ends.read }

  func wake() {
    guard !isRung.exchange(true, ordering: .acquiringAndReleasing), ends.write >= 0 else { return }
    var byte: UInt8 = 1
    _ = write(ends.write, &byte, 1)
  }

  /// Ready for the next ring; what it was rung for is looked at after this.
  func answer() {
    guard isRung.exchange(false, ordering: .acquiringAndReleasing), ends.read >= 0 else { return }
    var byte: UInt8 = 0
    _ = read(ends.read, &byte, 1)
  }
}
