import Control
import Foundation
import Synchronization

/// A line on standard error while an artifact is fetched: how much, how fast, from how many, how long yet. Nothing where that is no terminal.
final class FetchProgress: Sendable {
  private struct State {
    var samples: [(at: ContinuousClock.Instant, downloaded: Int64)] = []
    var isDrawn = false
  }

  private let isShown: Bool
  private let state = Mutex(State())
  private static let window = Duration.seconds(5)

  init(isShown: Bool = Console.isTerminal) { self.isShown = isShown }

  func update(_ document: FetchDocument) {
    guard isShown else { return }
    let now = ContinuousClock.now
    let rate = state.withLock { state in
      state.isDrawn = true
      state.samples.append((now, document.downloaded))
      state.samples.removeAll { now - $0.at > Self.window }
      return Self.rate(state.samples)
    }
    write("\r\(Self.line(document, rate: rate))\u{1B}[K")
  }

  /// Takes the line away.
  func finish() {
    let wasDrawn = state.withLock { state in
      defer { state.isDrawn = false }
      return state.isDrawn
    }
    if wasDrawn { write("\r\u{1B}[K") }
  }

  /// Bytes a second over the samples.
  private static func rate(_ samples: [(at: ContinuousClock.Instant, downloaded: Int64)]) -> Double {
    guard let first = samples.first, let last = samples.last, last.at > first.at else { return 0 }
    return Double(last.downloaded - first.downloaded) / ((last.at - first.at) / .seconds(1))
  }

  static func line(_ document: FetchDocument, rate: Double) -> String {
    let done = document.size - document.left
    let percent = document.size > 0 ? Int(Double(done) / Double(document.size) * 100) : 100
    var parts = ["\(percent)%", "\(ByteText.describe(done)) of \(ByteText.describe(document.size))", "\(ByteText.describe(Int64(rate)))/s"]
    parts.append("\(document.serving) of \(document.peers) peers")
    if rate >= 1, document.left > 0 { parts.append("\(time(Double(document.left) / rate)) left") }
    if let reason = document.reason { parts.append(escaped(reason)) }
    return "fetching " + parts.joined(separator: ", ")
  }

  private static func time(_ seconds: Double) -> String {
    let whole = Int(min(seconds.rounded(.up), 1e9))
    if whole < 60 { return "\(whole)s" }
    if whole < 3600 { return "\(whole / 60)m \(whole % 60)s" }
    return "\(whole / 3600)h \(whole % 3600 / 60)m"
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
