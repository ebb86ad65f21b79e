import Glibc
import Logging
import PluginKit
import Settings
import Synchronization

/// Where the lines of the process go: standard error, or a file. One for the process, as loggers are.
final class LogOutput: Sendable {
  static let shared = LogOutput()

  private struct State {
    var file: LogFile?
    var style = LogStyle()
    /// Lines that could not be written since the last that could.
    var lost = 0
  }

  /// What another configuration would change, ready to be changed.
  struct Change: Sendable {
    fileprivate let settings: NodeSettings.Log
    fileprivate let file: LogFile?
  }

  private let state: Mutex<State>
  private let lowest = Mutex(Logger.Level.info)
  private let standardError: Int32
  /// Whether the journal of systemd reads standard error.
  private let isJournal: Atomic<Bool>
  /// Whether standard error is told of nothing but warnings: whoever cron starts has every word mailed.
  private let isQuiet = Atomic(false)

  /// - Parameter standardError: another descriptor in its place, for tests.
  init(standardError: Int32 = STDERR_FILENO, isJournal: Bool = false) {
    self.standardError = standardError
    self.isJournal = Atomic(isJournal)
    state = Mutex(State(style: LogStyle(isJournal: isJournal)))
  }

  /// What is less than this is not written.
  var level: Logger.Level { lowest.withLock { $0 } }

  /// Who reads standard error. To be said before anything is configured.
  func reader(isJournal: Bool, isQuiet: Bool) {
    self.isJournal.store(isJournal, ordering: .relaxed)
    self.isQuiet.store(isQuiet, ordering: .relaxed)
    let change = state.withLock { Change(settings: .init(), file: $0.file) }
    commit(change)
  }

  /// Opens what the settings name. Throws where that cannot be opened; nothing has changed then.
  func prepare(_ settings: NodeSettings.Log) throws(Failure) -> Change {
    let current = state.withLock { $0.file }
    guard let path = settings.file else { return Change(settings: settings, file: nil) }
    // What is open stays open: whether it was moved away is USR1's to say.
    if let current, current.path == path { return Change(settings: settings, file: current) }
    return Change(settings: settings, file: try LogFile(path: path))
  }

  func commit(_ change: Change) {
    let journal = change.file == nil && isJournal.load(ordering: .relaxed)
    // A file is for who wants to know; it is nobody's mail.
    let isHushed = change.file == nil && isQuiet.load(ordering: .relaxed)
    lowest.withLock { $0 = isHushed ? max(.warning, Logger.Level(change.settings.level)) : Logger.Level(change.settings.level) }
    state.withLock { state in
      state.style = LogStyle(format: change.settings.format, isJournal: journal)
      state.file = change.file
    }
  }

  /// Opens the file anew: it was moved away. Where that fails the old one stays, and the failure is given.
  func reopen() -> Failure? {
    guard let path = state.withLock({ $0.file?.path }) else { return nil }
    do throws(Failure) {
      let file = try LogFile(path: path)
      state.withLock { if $0.file?.path == path { $0.file = file } }
      return nil
    } catch {
      return error
    }
  }

  /// What stands before an error on standard error.
  var errorPriority: String { isJournal.load(ordering: .relaxed) ? "<3>" : "" }

  /// Whether lines go to a file.
  var file: String? { state.withLock { $0.file?.path } }

  /// Writes a line, in one piece. What cannot be written is counted, and told of as soon as something can be.
  func write(_ line: LogLine) {
    state.withLock { state in
      let descriptor = state.file?.descriptor ?? standardError
      if state.lost > 0 {
        let words = LogLine(
          at: line.at, level: .warning, event: EventName.logLost.rawValue, message: "lines of the log could not be written",
          fields: [("count", "\(state.lost)")])
        guard Self.write(state.style.bytes(words), to: descriptor) else {
          state.lost += 1
          return
        }
        state.lost = 0
      }
      if !Self.write(state.style.bytes(line), to: descriptor) { state.lost += 1 }
    }
  }

  /// The last line of a process that hangs: nothing is waited for, and where lines go to a file it stands there as well.
  func lastWords(_ message: String) {
    let priority = isJournal.load(ordering: .relaxed) ? "<2>" : ""
    _ = Self.write(Array((priority + "granary: error: " + escaped(message) + "\n").utf8), to: standardError)
    let line = LogLine(at: .now, level: .critical, event: EventName.nodeStopped.rawValue, message: message)
    // Whoever hangs may hold the lock.
    _ = state.withLockIfAvailable { state in
      if let file = state.file { _ = Self.write(state.style.bytes(line), to: file.descriptor) }
    }
  }

  /// Whether all of it was written. What a full disk has cut off is ended with the next line's beginning.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        if rest.count < bytes.count { _ = Glibc.write(descriptor, "\n", 1) }
        return false
      }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
