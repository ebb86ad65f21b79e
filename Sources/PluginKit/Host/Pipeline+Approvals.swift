/// Approvals in the place of rules that are not there.
extension Pipeline {
  /// The judgement, or an allowance in its place: where the guard has nothing about the peer, and somebody has approved it.
  func settled(_ judgement: Judgement, _ operation: Operation, _ facts: PeerFacts) -> Judgement {
    let verdict = judgement.verdict
    guard verdict.isUnmatched, !facts.identities.isEmpty, let approval = approvals.approval(of: operation, for: facts) else {
      return judgement
    }
    let allowed = Verdict(
      .allow, reason: "\(approval.reason) (approved by \(approval.by)), although \(verdict.reason)", rule: "approval \(approval.id)",
      place: verdict.place, validUntil: min(approval.until, verdict.validUntil ?? approval.until), shadows: verdict.shadows)
    return Judgement(plugin: judgement.plugin, verdict: allowed, isApproved: true)
  }

  /// Whether an approval that the decision rests on has gone meanwhile.
  package func isWithdrawn(_ decision: Decision, _ facts: PeerFacts) -> Bool {
    decision.approval != nil && approvals.approval(of: decision.operation, for: facts) == nil
  }
}
