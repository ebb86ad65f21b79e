import PluginKit

/// Guards of `connect` that wait.
struct AdmissionChecks {
  let bench: TrialBench

  func run() async {
    guard bench.plugin.admitsAsynchronously, bench.plugin.guards.contains(.connect) else { return }
    // Some start on their first tick what they wait for.
    bench.installed.tell(.tick) { try bench.installed.plugin.tick(bench.clock.now) }
    for facts in bench.facts(at: bench.world.now) { await admit(facts) }
    await forget()
  }

  private func admit(_ facts: PeerFacts) async {
    let (pipeline, limit) = (bench.pipeline, bench.limits.admit)
    guard let decision = await Self.within(limit, { await pipeline.admit(facts) }) else {
      return found(.waiting, "an answer within \(limit)", "there is none")
    }
    guard let verdict = decision.judgements.first?.verdict else { return }
    if verdict.rule == "fault" { found(.failure, "an answer", verdict.reason) }
    if let flaw = CleanText.flaw(of: verdict.reason) { found(.reason, "a reason that people can read", flaw) }
  }

  /// The connection is gone: nobody wants to know any more.
  private func forget() async {
    guard let facts = bench.facts(at: bench.world.now).first else { return }
    let (pipeline, limit) = (bench.pipeline, bench.limits.admit)
    let open = bench.installed.statistics.calls.count
    let question = Task { await pipeline.admit(facts) }
    // One that is cancelled before it is asked is not asked at all; one that answers at once is never seen here.
    for _ in 0..<100 where bench.installed.statistics.calls.count <= open { try? await Task.sleep(for: .milliseconds(1)) }
    question.cancel()
    guard await Self.within(limit, { await question.value }) == nil else { return }
    found(.waiting, "it to give up within \(limit) when its task is cancelled", "it goes on")
  }

  /// What comes in time; nil where nothing does. What is late is left to itself: it may never come.
  private static func within<Value: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async -> Value) async -> Value? {
    let (values, continuation) = AsyncStream.makeStream(of: Value?.self)
    let work = Task { continuation.yield(await body()) }
    let alarm = Task {
      try? await Task.sleep(for: limit)
      continuation.yield(nil)
    }
    defer {
      alarm.cancel()
      work.cancel()
    }
    for await value in values { return value }
    return nil
  }

  private func found(_ check: ConformanceCheck, _ expected: String, _ happened: String) {
    bench.log.found(check, .admit, expected, happened)
  }
}
