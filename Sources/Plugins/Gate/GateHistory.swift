import Metainfo
internal import PluginKit
import Synchronization

/// What a gate counts for the conditions of its rules: bytes by principal and artifact, in its store, and connections by principal.
struct GateHistory: Sendable {
  let book: QuotaBook
  let countsBytes: Bool
  private let countsConnections: Bool
  private let connections: PrincipalConnections

  /// What these rules look at.
  init(_ services: PluginServices, _ book: QuotaBook, _ rules: [GateRule]) {
    self.book = book
    countsBytes = rules.contains { $0.conditions.bytesBelow != nil }
    countsConnections = rules.contains { $0.conditions.connectionsBelow != nil }
    connections = services.memory.value("connections", or: PrincipalConnections())
  }

  /// The account of a principal's bytes of an artifact.
  static func key(_ principal: String, _ artifact: ArtifactFacts) -> String {
    let key = "had/\(artifact.infoHash.preferredWire)/\(principal)"
    return key.count <= 400 ? key : "had/\(SHA1Digest.hash(of: Array(key.utf8)))"
  }

  /// An account that begins when it is first needed, and is forgotten when nothing was added for 90 days.
  static func meter(limit: Int64 = .max) -> QuotaRule.Meter {
    QuotaRule.Meter(measure: .bytes, limit: limit, window: .endless)
  }

  var isNeeded: Bool { countsBytes || countsConnections }

  func of(_ facts: PeerFacts, isConnected: Bool) -> PeerHistory {
    let others = countsConnections ? max(0, connections.count(facts.principal) - (isConnected ? 1 : 0)) : nil
    guard countsBytes, let artifact = facts.artifact else { return PeerHistory(bytes: nil, connections: others) }
    let account = book.account(Self.key(facts.principal, artifact), Self.meter(), at: facts.now)
    return PeerHistory(bytes: account.usedUp, connections: others)
  }

  func begin(_ principal: String) { connections.change(principal, by: 1) }
  func end(_ principal: String) { connections.change(principal, by: -1) }
}

/// How many connections each principal has, whatever the artifact. A reload's gate goes on with it. Shared by all loops.
private final class PrincipalConnections: Sendable {
  private let counts = Mutex<[String: Int]>([:])

  func count(_ principal: String) -> Int { counts.withLock { $0[principal] ?? 0 } }

  func change(_ principal: String, by change: Int) {
    counts.withLock { counts in
      let count = (counts[principal] ?? 0) + change
      counts[principal] = count > 0 ? count : nil
    }
  }
}
