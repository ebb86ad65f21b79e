import Foundation
import Storage
import Synchronization

/// A bar on standard error while something is hashed; nothing where that is no terminal.
final class ProgressBar: Sendable {
  private struct State {
    var drawn: ContinuousClock.Instant?
    var isDrawn = false
  }

  private let label: String
  private let isShown: Bool
  private let started = ContinuousClock.now
  private let state = Mutex(State())
  private static let width = 30

  init(_ label: String, isShown: Bool = Console.isTerminal) {
    (self.label, self.isShown) = (label, isShown)
  }

  /// Draws the bar, at most ten times a second.
  func update(_ progress: HashProgress) {
    guard isShown else { return }
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      guard state.drawn.map({ now - $0 >= .milliseconds(100) }) ?? true else { return false }
      (state.drawn, state.isDrawn) = (now, true)
      return true
    }
    if isDue { draw(progress, now) }
  }

  /// Takes the bar away.
  func finish() {
    guard isShown, state.withLock({ $0.isDrawn }) else { return }
    write("\r\u{1B}[K")
  }

  private func draw(_ progress: HashProgress, _ now: ContinuousClock.Instant) {
    let share = progress.total > 0 ? Double(progress.done) / Double(progress.total) : 1
    let filled = Int(share * Double(Self.width))
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: Self.width - filled)
    let seconds = max((now - started) / .seconds(1), 0.001)
    let rate = Int64(Double(progress.done) / seconds)
    let percent = String(format: "%3d%%", Int(share * 100))
    write("\r\(label) [\(bar)] \(percent) \(ByteText.describe(progress.done)) \(ByteText.describe(rate))/s\u{1B}[K")
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
