import Synchronization

/// How often each limit has bitten since the start: what `status --json` has under `limits`.
package final class LimitCounters: Sendable {
  /// A limit, by its key in the document.
  package enum Limit: String, Sendable, CaseIterable {
    /// Connections beyond `limits.connections`.
    case refusedConnectionsTotal = "refused_connections_total"
    /// Connections beyond `limits.per-address`.
    case refusedConnectionsPerAddress = "refused_connections_per_address"
    /// Connections beyond `limits.per-principal`.
    case refusedConnectionsPerPrincipal = "refused_connections_per_principal"
    /// Connections beyond `limits.handshakes`.
    case refusedHandshakes = "refused_handshakes"
    /// Handshakes that took longer than `limits.handshake-timeout`.
    case handshakeTimeouts = "handshake_timeouts"
    /// Connections on which nothing came for `limits.idle-timeout`, or that took nothing.
    case idleTimeouts = "idle_timeouts"
    /// Requests beyond `limits.request-queue`.
    case rejectedRequests = "rejected_requests"
    /// Hash requests (BEP 52) beyond the connection's or the node's budget.
    case rejectedHashRequests = "rejected_hash_requests"
    /// Connections closed because of messages that say nothing, or too many of those that cost us.
    case closedFloods = "closed_floods"
    /// Connections closed because of a message that was longer than we take.
    case closedOversizedMessages = "closed_oversized_messages"
    /// TLS links that stood: no limit, but counted beside them.
    case tlsLinks = "tls_links"
    /// TLS handshakes that came to nothing, and links that broke.
    case tlsFailures = "tls_failures"
  }

  private let counts = Mutex([Int64](repeating: 0, count: Limit.allCases.count))
  private static let places = Dictionary(uniqueKeysWithValues: Limit.allCases.enumerated().map { ($1, $0) })

  package init() {}

  /// Counts one more.
  package func count(_ limit: Limit) {
    guard let place = Self.places[limit] else { return }
    counts.withLock { $0[place] &+= 1 }
  }

  /// All counts by key.
  package var snapshot: [String: Int64] {
    let counts = counts.withLock { $0 }
    return Dictionary(uniqueKeysWithValues: zip(Limit.allCases.map(\.rawValue), counts))
  }
}
