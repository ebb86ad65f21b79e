extension JournalRecord {
  /// The reason of a row about a block that the grant does not cover: no guard's refusal, but of a part that it has granted.
  package static let outsideOfGrant = "the block is outside of what is granted"
}

/// Recorded questions, asked of another policy.
extension Pipeline {
  /// What came of asking again.
  package struct Repeated: Sendable, Hashable {
    package let isAllowed: Bool
    /// Who says so, and why; nil where nobody guards the operation.
    package let judgement: Judgement?
    /// What of the artifact may be had, where anything may be.
    package let scope: Scope?
  }

  /// Whether the peer of a journal's row would get in, or would be allowed what it asked for. A row about `connect` tells of an admission: of
  /// every guard of `connect`, and of a grant that is not empty where an artifact was named.
  ///
  /// - Parameter artifact: the artifact of the record, as it is now.
  /// - Returns: nil where the record does not say enough: it makes no sense, its artifact is gone, or what a token allowed had no room in it.
  package func repeated(_ record: RecordedFacts, artifact: ArtifactFacts?) -> Repeated? {
    guard record.artifact == nil || artifact != nil, let facts = record.peerFacts(artifact: artifact) else { return nil }
    // A token that had no room in the record: what it allowed is not known.
    guard !record.leftOut.contains("capability") else { return nil }
    let decision = decide(record.operation, facts)
    guard record.operation == .connect, decision.isAllowed, artifact != nil else { return repeated(decision) }
    let grant = grant(facts)
    guard grant.scope == nil else { return repeated(grant.request) }
    return grant.metadata.isAllowed ? repeated(grant.metadata) : repeated(grant.request)
  }

  private func repeated(_ decision: Decision) -> Repeated {
    let isVoid = decision.operation == .request && decision.scope.isEmpty
    let isAllowed = decision.isAllowed && !isVoid
    return Repeated(
      isAllowed: isAllowed, judgement: decision.refusal ?? decision.judgements.last,
      scope: isAllowed && decision.operation == .request ? decision.scope : nil)
  }
}
