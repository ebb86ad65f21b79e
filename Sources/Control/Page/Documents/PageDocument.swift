/// The head of the status page: the node, and how it does this second.
package struct PageDocument: Codable, Sendable, Hashable {
  package var schema = "granary.page/1"
  package let ready: Bool
  /// What that is made of, as `/readyz` has it.
  package let checks: [ReadinessDocument.Check]
  package let node: String
  package let version: String
  package let pid: Int32
  /// ISO 8601.
  package let startedAt: String
  package let policyGeneration: UInt64
  /// Connections, handshakes in flight included, and artifacts in service.
  package let connections: Int
  package let serving: Int
  /// Bytes of blocks since the start, and bytes a second; the rates null where nobody has counted yet.
  package let uploaded: Int64
  package let downloaded: Int64
  package let up: Int64?
  package let down: Int64?

  package init(
    ready: Bool, checks: [ReadinessDocument.Check], node: String, version: String, pid: Int32, startedAt: String, policyGeneration: UInt64,
    connections: Int, serving: Int,
    uploaded: Int64, downloaded: Int64, up: Int64?, down: Int64?
  ) {
    (self.ready, self.checks, self.node, self.version, self.pid, self.startedAt) = (ready, checks, node, version, pid, startedAt)
    (self.policyGeneration, self.connections, self.serving) = (policyGeneration, connections, serving)
    (self.uploaded, self.downloaded, self.up, self.down) = (uploaded, downloaded, up, down)
  }

  enum CodingKeys: String, CodingKey {
    case schema, ready, checks, node, version, pid, connections, serving, uploaded, downloaded, up, down
    case startedAt = "started_at"
    case policyGeneration = "policy_generation"
  }
}
