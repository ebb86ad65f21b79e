/// The upload limits in force, in bytes of blocks a second; nil: none.
package struct UploadRates: Sendable, Hashable {
  /// Of the node.
  package var node: Int64?
  /// Of each artifact, to all peers together.
  package var artifact: Int64?
  /// Of each principal, over all its connections and artifacts.
  package var principal: Int64?

  package init(node: Int64? = nil, artifact: Int64? = nil, principal: Int64? = nil) {
    (self.node, self.artifact, self.principal) = (node, artifact, principal)
  }

  /// The most bytes that one connection takes at a time: small against the lowest rate, so that turns are short. Nil without any limit.
  package var quantum: Int? {
    guard let lowest = [node, artifact, principal].compactMap({ $0 }).min() else { return nil }
    return Int(min(max(lowest / 50, 16 << 10), 1 << 20))
  }
}

/// Who wants tokens, and whose buckets they come from.
package struct UploadClaim: Sendable, Hashable {
  /// The connection.
  package let number: PeerNumber
  /// `PeerFacts.principal`.
  package let principal: String
  /// The inventory's number of the artifact.
  package let artifact: Int64

  package init(number: PeerNumber, principal: String, artifact: Int64) {
    (self.number, self.principal, self.artifact) = (number, principal, artifact)
  }
}
