import Metainfo
import PluginKit
import Synchronization

/// What is seen of a plugin on all threads.
package final class ProbeLog: Sendable {
  /// What was too slow.
  struct Lateness: Sendable {
    let expected: String
    let happened: String
  }

  private struct State {
    var findings: [ConformanceFinding] = []
    var calls: [Hook: Int] = [:]
    var longest: [Hook: Duration] = [:]
    var blocks: [Hook: [Duration]] = [:]
    var answers: [Operation: ConformanceReport.Tally] = [:]
  }

  private static let most = 100
  private let state = Mutex(State())

  package init() {}

  package var findings: [ConformanceFinding] { state.withLock { $0.findings } }

  func found(_ check: ConformanceCheck, _ hook: Hook?, _ expected: String, _ happened: String) {
    let finding = ConformanceFinding(check, hook, expected: expected, happened: happened)
    state.withLock { state in
      if state.findings.count < Self.most, !state.findings.contains(finding) { state.findings.append(finding) }
    }
  }

  /// Runs a hook: counted, timed, and a throw is a finding.
  func observe<Answer, Failure: Error>(_ hook: Hook, _ body: () throws(Failure) -> Answer) throws(Failure) -> Answer {
    let began = ContinuousClock.now
    defer { returned(from: hook, after: .now - began) }
    do throws(Failure) {
      return try body()
    } catch {
      found(.failure, hook, "an answer", "it throws: \(error)")
      throw error
    }
  }

  func returned(from hook: Hook, after time: Duration, isTimed: Bool = true) {
    state.withLock { state in
      state.calls[hook, default: 0] += 1
      if isTimed { state.longest[hook] = max(time, state.longest[hook] ?? .zero) }
    }
  }

  func count(_ answer: Verdict.Answer, _ operation: Operation) {
    state.withLock { state in
      if answer == .allow {
        state.answers[operation, default: .init()].allowed += 1
      } else {
        state.answers[operation, default: .init()].denied += 1
      }
    }
  }

  /// Times of a hook that runs for each block.
  func blocks(_ hook: Hook, _ times: [Duration]) { state.withLock { $0.blocks[hook] = times.sorted() } }

  /// The hooks that took too long.
  func late(_ limits: ConformanceLimits) -> [Hook: Lateness] {
    state.withLock { state in
      var late = state.blocks.compactMapValues { times -> Lateness? in
        guard let median = times.isEmpty ? nil : times[times.count / 2], median > limits.block else { return nil }
        return Lateness(expected: "half of its calls within \(limits.block): it runs for each block", happened: "\(median)")
      }
      for (hook, time) in state.longest where time > limits.hook {
        late[hook] = Lateness(
          expected: "it to return within \(limits.hook): all connections of a loop wait for it", happened: "it takes \(time)")
      }
      return late
    }
  }

  func report(plugin: String) -> ConformanceReport {
    state.withLock { state in
      ConformanceReport(plugin: plugin, findings: state.findings, calls: state.calls, answers: state.answers)
    }
  }
}
