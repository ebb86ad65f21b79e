/// A permission that an operator has given by hand to one identity, for as long as it holds, where no rule is about it.
package struct Approval: Sendable, Hashable {
  /// What it is called, in `granary pending`.
  package let id: String
  /// Who has given it: `uid 0`.
  package let by: String
  /// Why.
  package let reason: String
  /// When it ends.
  package let until: WallTime

  package init(id: String, by: String, reason: String, until: WallTime) {
    (self.id, self.by, self.reason, self.until) = (id, by, reason, until)
  }
}

/// The port through which a pipeline knows of approvals. They turn a denial that is unmatched (`Verdict.isUnmatched`) into an allowance, and
/// change no other verdict. Asked on event loops: must not block.
package protocol Approvals: Sendable {
  /// The approval of one of the peer's identities for the operation and the artifact of the facts, at their time; nil where there is none, and
  /// where that is not known. An address is no identity.
  func approval(of operation: Operation, for facts: PeerFacts) -> Approval?
}

/// A host without approvals.
package struct NoApprovals: Approvals {
  package init() {}

  package func approval(of operation: Operation, for facts: PeerFacts) -> Approval? { nil }
}
