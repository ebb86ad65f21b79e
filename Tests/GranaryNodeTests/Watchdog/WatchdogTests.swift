import Logging
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import GranaryNode

/// What the watchdog makes of threads and plugins that do not answer.
struct WatchdogTests {
  private let start = ContinuousClock.now
  private let plugin = InstalledPlugin(name: "slow", plugin: RecordingPlugin(), place: "f.yaml:1:1")

  /// A thread that answers for as long as it is told to.
  private final class Answering: Sendable {
    let answers = Mutex(true)
    func submit(_ body: @Sendable () -> Void) { if answers.withLock({ $0 }) { body() } }
  }

  private func watchdog(_ threads: [WatchedThread]) -> Watchdog {
    Watchdog(limit: .seconds(10), threads: threads, plugins: { [plugin] in [plugin] }, logger: Logger(label: "test")) { _ in
      Issue.record("nobody started it")
    }
  }

  /// What it says first within the time, looking each second.
  private func look(_ watchdog: Watchdog, seconds: Range<Int>) -> (second: Int, message: String)? {
    for second in seconds {
      if let hang = watchdog.look(start + .seconds(second)) { return (second, hang.message) }
    }
    return nil
  }

  @Test func aLoopThatAnswersIsLeftAlone() {
    let loop = Answering()
    #expect(look(watchdog([WatchedThread("event loop 1", .vital) { loop.submit($0) }]), seconds: 0..<100) == nil)
  }

  @Test func aSilentLoopEndsTheProcess() {
    let loop = Answering()
    let watchdog = watchdog([WatchedThread("event loop 1", .vital) { loop.submit($0) }])
    #expect(look(watchdog, seconds: 0..<20) == nil)
    loop.answers.withLock { $0 = false }
    let found = look(watchdog, seconds: 20..<60)
    #expect(found?.message == "event loop 1 has not answered for 10.0 seconds, and no plugin's hook runs on it")
    #expect((30...33).contains(found?.second ?? 0))
  }

  @Test func thePluginWhoseHookRunsOnASilentLoopIsNamed() {
    let lane = HookLane()
    let loop = Answering()
    loop.answers.withLock { $0 = false }
    let watchdog = watchdog([WatchedThread("event loop 1", .vital, lane: lane) { loop.submit($0) }])
    let found = lane.run(plugin, .newConnection, 42) { look(watchdog, seconds: 0..<60) }
    #expect(
      found?.message == "plugin slow hangs in new_connection of connection 42: event loop 1 has not answered for 10.0 seconds")
  }

  @Test func aHookThatDoesNotReturnEndsTheProcessWhereverItRuns() {
    let found = plugin.call(.onState) { look(watchdog([]), seconds: 0..<60) }
    #expect(found?.message == "plugin slow hangs in on_state")
    #expect(look(watchdog([]), seconds: 0..<60) == nil, "it has returned")
  }

  @Test func aQuestionThatWaitsForItsAnswerHangsNothing() {
    let call = plugin.statistics.begin(.admit)
    defer { plugin.statistics.end(call, isTimed: false) }
    #expect(look(watchdog([]), seconds: 0..<60) == nil)
  }

  @Test func aSlowDiskIsReportedOnly() {
    let pool = Answering()
    pool.answers.withLock { $0 = false }
    #expect(look(watchdog([WatchedThread("the threads that read disks", .reported) { pool.submit($0) }]), seconds: 0..<60) == nil)
  }
}
