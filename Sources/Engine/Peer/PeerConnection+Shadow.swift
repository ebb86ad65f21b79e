import PluginKit

/// What guards, handlers and rules in shadow would have refused: counted and journalled, and nothing else comes of it.
extension PeerConnection {
  /// The decision on `connect`, once the artifact is named. Guards that wait are asked while the connection goes on.
  func journalShadows(of decision: Decision) {
    journalShadows(decision.shadowRefusals, decision.operation)
    guard pipeline.shadowsAdmitAsynchronously else { return }
    let (core, number, pipeline, facts) = (core, number, pipeline, facts)
    Task {
      let judgements = await pipeline.admitShadows(facts)
      let late = Decision(operation: .connect, judgements: [], shadows: judgements).shadowRefusals
      guard !late.isEmpty else { return }
      core.visit(number) { $0.journalShadows(late, .connect) }
    }
  }

  func journalShadows(of grant: Grant) {
    for decision in [grant.request, grant.metadata, grant.message, grant.announce] {
      journalShadows(decision.shadowRefusals, decision.operation)
    }
  }

  func journalShadowsOfAsking(_ decision: Decision) { journalShadows(decision.shadowRefusals, decision.operation) }

  /// A handler's answer that was not heeded.
  func shadowed(_ shadowed: PeerPluginChain.Shadowed) {
    journal(
      shadowed.operation, JournalRecord.shadow(shadowed.verdict), plugin: shadowed.plugin.name, reason: shadowed.reason,
      place: shadowed.plugin.place)
  }

  private func journalShadows(_ refusals: [Judgement], _ operation: Operation) {
    guard !refusals.isEmpty else { return }
    pipeline.countShadows(refusals)
    for refusal in refusals {
      let verdict = refusal.verdict
      let reason = verdict.isAllowed ? "a part only: \(verdict.reason)" : verdict.reason
      journal(
        operation, JournalRecord.shadow(Verdict.Answer.deny.rawValue), plugin: refusal.plugin, rule: verdict.rule, reason: reason,
        place: verdict.place)
    }
  }
}
