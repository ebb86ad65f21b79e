import PluginKit

/// A guard's answers as a function of facts.
struct GuardChecks {
  let bench: TrialBench
  private static let day: Int64 = 86_400_000_000_000
  /// How much later the same is asked again, in nanoseconds: minutes, hours, days, weeks, a year.
  private static let later: [Int64] = [
    60_000_000_000, 3_600_000_000_000, 21_600_000_000_000, 43_200_000_000_000, day, 3 * day, 7 * day, 31 * day, 366 * day,
  ]

  /// A question to a guard.
  private struct Question: Sendable {
    let operation: Operation
    let facts: PeerFacts

    func later(_ now: WallTime) -> Question {
      var facts = facts
      facts.now = now
      return Question(operation: operation, facts: facts)
    }
  }

  private var guards: [Operation] { Operation.allCases.filter(bench.plugin.guards.contains) }
  private var questions: [Question] {
    bench.facts(at: bench.world.now).flatMap { facts in guards.map { Question(operation: $0, facts: facts) } }
  }

  func run() async {
    guard !guards.isEmpty else { return }
    let questions = questions
    let verdicts = questions.map { ask($0) }
    for (question, verdict) in zip(questions, verdicts) {
      guard let verdict else { continue }
      look(at: verdict, question)
      checkValidity(of: verdict, question)
    }
    await checkPurity(questions, verdicts)
    checkStages()
    checkEmptiness()
  }

  /// What the plugin says itself; nil where it throws, which is a finding of its own.
  private func ask(_ question: Question, _ pipeline: Pipeline? = nil) -> Verdict? {
    let decision = (pipeline ?? bench.pipeline).decide(question.operation, question.facts)
    let verdict = decision.judgements.first?.verdict
    return verdict?.rule == "fault" ? nil : verdict
  }

  // MARK: One verdict

  private func look(at verdict: Verdict, _ question: Question) {
    let operation = question.operation.rawValue
    if verdict.reason == "\(bench.conformance.name) guards \(operation) but has no answer" {
      found(.answers, "an answer about \(operation), which it guards", "it has none, and the default denies")
    }
    for text in [verdict.reason] + [verdict.rule].compactMap({ $0 }) {
      if let flaw = CleanText.flaw(of: text) { found(.reason, "a reason and a rule that people can read, about \(operation)", flaw) }
    }
    checkScope(verdict.scope, question)
  }

  private func checkScope(_ scope: Scope, _ question: Question) {
    guard case .part(let part) = scope, let layout = question.facts.artifact?.layout else { return }
    let fits = part.terms.allSatisfy { $0.pieces.count == layout.pieceCount && $0.files.count == layout.files.count }
    if fits, part.wholePieces.count == layout.pieceCount { return }
    found(.scope, "a part of the artifact: \(layout.pieceCount) pieces, \(layout.files.count) files", "a part of another")
  }

  // MARK: Time

  /// What it says later must be what it has said, as long as that is to hold; then the new answer is looked at in the same way.
  private func checkValidity(of verdict: Verdict, _ question: Question) {
    guard lasts(verdict, question) else { return }
    var (standing, since) = (verdict, question.facts.now)
    for moment in moments(verdict, question.facts.now) {
      let later = question.later(moment)
      guard let other = ask(later) else { return }
      if let until = standing.validUntil, moment >= until {
        guard lasts(other, later) else { return }
        (standing, since) = (other, moment)
      } else if other.answer != standing.answer || other.scope != standing.scope {
        return foundOther(other, than: standing, question.operation, seconds: (moment.nanoseconds - since.nanoseconds) / 1_000_000_000)
      }
    }
  }

  private func moments(_ verdict: Verdict, _ now: WallTime) -> [WallTime] {
    let ends = (verdict.validUntil.map { [WallTime(nanoseconds: $0.nanoseconds - 1), $0] } ?? []).filter { $0 > now }
    return (Self.later.map { WallTime(nanoseconds: now.nanoseconds + $0) } + ends).sorted()
  }

  private func lasts(_ verdict: Verdict, _ question: Question) -> Bool {
    guard let until = verdict.validUntil, until <= question.facts.now else { return true }
    found(
      .validity, "an end that lies ahead",
      "an answer about \(question.operation.rawValue) has ended already: it is asked for ever again (\(verdict.reason))")
    return false
  }

  private func foundOther(_ other: Verdict, than verdict: Verdict, _ operation: Operation, seconds: Int64) {
    let end = verdict.validUntil == nil ? "for good, since it has no validUntil" : "until its validUntil"
    found(
      .validity, "an answer about \(operation.rawValue) that holds \(end)",
      "\(verdict.answer.rawValue) is \(other.answer.rawValue) \(seconds) s later (\(verdict.reason); \(other.reason))")
  }

  // MARK: Same facts, same answer

  private func checkPurity(_ questions: [Question], _ verdicts: [Verdict?]) async {
    compare(questions, verdicts, Array(questions.reversed().map { ask($0) }.reversed()), "asked in another order")
    let bench = bench
    let others = await withTaskGroup(of: [Verdict?].self) { group in
      for _ in 0..<4 { group.addTask { questions.map { GuardChecks(bench: bench).ask($0) } } }
      return await group.reduce(into: [[Verdict?]]()) { $0.append($1) }
    }
    for other in others { compare(questions, verdicts, other, "asked from several threads") }
    // From the same beginning: with nothing kept.
    guard let twin = try? TrialBench(bench.conformance, bench.log) else { return }
    compare(questions, verdicts, questions.map { ask($0, twin.pipeline) }, "made once more with the same settings")
  }

  private func compare(_ questions: [Question], _ verdicts: [Verdict?], _ others: [Verdict?], _ how: String) {
    for (question, (one, other)) in zip(questions, zip(verdicts, others)) where one != other {
      return found(
        .purity, "the same verdict on the same facts",
        "\(how), it says of \(question.operation.rawValue) '\(other?.reason ?? "nothing")', and before '\(one?.reason ?? "nothing")'")
    }
  }

  // MARK: Less is known of a peer before

  /// The address, then the certificate, then the artifact: who is let in at last must not have been sent away on the way.
  private func checkStages() {
    guard guards.contains(.connect) else { return }
    for facts in bench.facts(at: bench.world.now) where facts.direction == .inbound {
      guard ask(Question(operation: .connect, facts: facts))?.isAllowed == true else { continue }
      for stage in Self.stages(facts) {
        guard let early = ask(Question(operation: .connect, facts: stage)), !early.isAllowed else { continue }
        found(
          .stages, "a peer that may connect when all is known of it to be let in before (asked again, with more, each time)",
          "it is refused when its \(stage.link.isSecuring || stage.identities.isEmpty ? "address" : "certificate") is known: \(early.reason)"
        )
      }
    }
  }

  private static func stages(_ facts: PeerFacts) -> [PeerFacts] {
    var known = facts
    (known.artifact, known.infoHash, known.peerID, known.capability) = (nil, nil, nil, nil)
    guard facts.link.certificate != nil else { return [known] }
    var address = known
    (address.link, address.identities) = (.securing, [])
    return [address, known]
  }

  // MARK: Nothing configured

  private func checkEmptiness() {
    guard let make = bench.conformance.makeEmpty, let plugin = try? make(bench.services), plugin.warnings.isEmpty else { return }
    let guards = Operation.allCases.filter(plugin.guards.contains)
    for facts in bench.facts(at: bench.world.now) where !guards.isEmpty {
      guard guards.allSatisfy({ (try? plugin.judge($0, facts))?.isAllowed ?? false }) else { continue }
      return found(
        .emptiness, "empty settings to deny, not to start, or to warn", "\(facts.principal) is allowed everything that it guards")
    }
  }

  private func found(_ check: ConformanceCheck, _ expected: String, _ happened: String) {
    bench.log.found(check, .judge, expected, happened)
  }
}
