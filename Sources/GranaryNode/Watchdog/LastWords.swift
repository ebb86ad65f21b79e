import Dispatch
import Foundation
import PluginKit

/// The end of a process that hangs: what hangs is said on standard error, kept in the inventory if that still works, and the process is gone.
struct LastWords: Sendable {
  /// What a run's end is called in the inventory.
  static let prefix = "watchdog: "
  /// How long the inventory may take; its lock may be what somebody hangs with.
  private static let patience = DispatchTimeInterval.seconds(2)

  /// Keeps the reason, on a thread that nobody waits for longer than a moment.
  let keep: @Sendable (_ why: String) -> Void

  func end(_ hang: Watchdog.Hang) -> Never {
    let why = Self.prefix + hang.message
    // Not through the logger: whoever hangs may hold its lock.
    LogOutput.shared.lastWords("\(why); the process ends")
    let isKept = DispatchSemaphore(value: 0)
    let thread = Thread { [keep] in
      keep(why)
      isKept.signal()
    }
    thread.start()
    _ = isKept.wait(timeout: .now() + Self.patience)
    // Nothing that waits for others: no exit handlers, no destructors.
    _exit(ExitStatus.internalError.rawValue)
  }
}
