import Glibc
import PluginKit

/// The loop of a child's thread: asks the driver what is to be, does it, and waits for bytes, the bell or the hour.
final class ChildRunner {
  private let program: ChildProgram
  private let driver: any ChildDriver
  private let bell: ChildBell
  private var child: SpawnedChild?
  /// What the child has not taken yet.
  private var unsent: [UInt8] = []
  private var looked = ContinuousClock.now

  /// Whether the child is still there is looked at so often at least: what it has started may keep its pipes open.
  private static let lookInterval = Duration.seconds(1)
  /// Without a child there is nothing to look at.
  private static let longestRest = Duration.seconds(60)
  /// For a child that is asked to end.
  private static let farewell = Duration.seconds(1)
  /// Its output ends a moment before it does.
  private static let lastMoment = Duration.milliseconds(200)
  private static let largestRead = 1 << 16

  init(program: ChildProgram, driver: any ChildDriver, bell: ChildBell) {
    (self.program, self.driver, self.bell) = (program, driver, bell)
  }

  /// Until the driver wishes for nothing any more, or it is over for everybody.
  func run(isOver: () -> Bool) {
    // Signals are for other threads; a pipe that nobody reads is an error like others.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    while !isOver() {
      let turn = driver.turn(mayWrite: unsent.isEmpty)
      switch turn.wish {
      case .over: return stop(isUrgent: false)
      case .down(let isUrgent):
        stop(isUrgent: isUrgent)
        wait(turn)
      case .up where child == nil: start()
      case .up:
        unsent += turn.output
        wait(turn)
      }
    }
    stop(isUrgent: false)
  }

  private func start() {
    do throws(SpawnFailure) {
      let spawned = try SpawnedChild.start(program)
      (child, looked) = (spawned, .now)
      driver.started(pid: spawned.pid)
    } catch {
      driver.ended("could not be started: \(error.words)")
    }
  }

  /// As was wished for.
  private func stop(isUrgent: Bool) {
    guard let child else { return }
    if !isUrgent {
      child.closeInput()
      child.terminate()
      _ = child.ends(within: Self.farewell)
    }
    _ = child.finish()
    forget()
  }

  private func forget() {
    child = nil
    unsent = []
  }

  /// As the child would have it.
  private func end(_ cause: String?) {
    guard let child else { return }
    let hasEnded = child.ends(within: Self.lastMoment)
    readErrors()
    let how = child.finish()
    forget()
    driver.ended(hasEnded ? how : cause ?? how)
  }

  // MARK: Waiting

  private func wait(_ turn: ChildTurn) {
    // A negative descriptor is passed over.
    let input = unsent.isEmpty ? -1 : child?.input ?? -1
    let errors = turn.readsErrors ? child?.errors ?? -1 : -1
    var events = [
      pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: child?.output ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&events, nfds_t(events.count), milliseconds(until: turn.wake))
    bell.answer()
    guard child != nil else { return }
    if count > 0 {
      if events[3].revents != 0 { readErrors() }
      if events[1].revents != 0 { write() }
      if events[2].revents != 0 { read() }
    }
    look()
  }

  private func milliseconds(until wake: ContinuousClock.Instant?) -> Int32 {
    let longest = child == nil ? Self.longestRest : Self.lookInterval
    let rest = wake.map { min($0 - .now, longest) } ?? longest
    return Int32(clamping: Int64((max(rest, .zero) / .milliseconds(1)).rounded(.up)))
  }

  private func look() {
    let now = ContinuousClock.now
    guard child != nil, now - looked >= Self.lookInterval else { return }
    looked = now
    if child?.hasEnded == true { end(nil) }
  }

  private func write() {
    guard let input = child?.input, input >= 0 else { return }
    let count = unsent.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
    if count > 0 {
      unsent.removeFirst(count)
    } else if errno != EAGAIN, errno != EINTR {
      end("has closed its input")
    }
  }

  private func read() {
    guard let output = child?.output else { return }
    let (bytes, isOver) = Self.read(output)
    if !bytes.isEmpty { driver.received(bytes) }
    if isOver { end("has closed its output") }
  }

  private func readErrors() {
    guard let errors = child?.errors, errors >= 0 else { return }
    let (bytes, isOver) = Self.read(errors)
    if !bytes.isEmpty { driver.complained(bytes) }
    if isOver { child?.closeErrors() }
  }

  /// What is there, and whether there will never be more.
  private static func read(_ descriptor: Int32) -> (bytes: [UInt8], isOver: Bool) {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: largestRead) { buffer, initialized in
      count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      initialized = max(0, count)
    }
    return (bytes, count == 0 || count < 0 && errno != EAGAIN && errno != EINTR)
  }
}
