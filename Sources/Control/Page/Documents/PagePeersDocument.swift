/// A page of the peers, for the status page.
package struct PagePeersDocument: Codable, Sendable, Hashable {
  package var schema = "granary.page-peers/1"
  /// Connections, those that were asked for of them, and the number of the first that is here.
  package let connections: Int
  package let total: Int
  package let offset: Int
  package let peers: [PagePeer]

  /// A page of those that match, in the order wanted.
  package init(_ all: [PagePeer], _ query: PeersQuery) {
    let found = query.text.isEmpty ? all : all.filter { $0.mentions(query.text) }
    let offset = query.offset < found.count ? query.offset : 0
    (connections, total, self.offset) = (all.count, found.count, offset)
    peers = Array(query.order.sorted(found).dropFirst(offset).prefix(PeersQuery.limit))
  }
}

/// A peer in a row.
package struct PagePeer: Codable, Sendable, Hashable {
  package let number: UInt64
  package let address: String
  package let direction: String
  package let phase: String
  package let principal: String
  /// The trust entry that vouched for it; null on a plain link.
  package let tls: String?
  /// As it claims.
  package let client: String?
  package let artifact: String?
  package let choked: Bool
  package let interested: Bool
  package let queued: Int
  /// Pieces that it has told of, and that there are.
  package let held: Int
  package let pieces: Int
  package let uploaded: Int64
  package let downloaded: Int64
  /// Bytes a second; null at the first look.
  package let up: Int64?
  package let down: Int64?
  /// When the link came to stand, ISO 8601 to the second.
  package let since: String

  package init(
    number: UInt64, address: String, direction: String, phase: String, principal: String, tls: String?, client: String?, artifact: String?,
    choked: Bool, interested: Bool, queued: Int, held: Int, pieces: Int, uploaded: Int64, downloaded: Int64, up: Int64?, down: Int64?,
    since: String
  ) {
    (self.number, self.address, self.direction, self.phase) = (number, address, direction, phase)
    (self.principal, self.tls, self.client, self.artifact) = (principal, tls, client, artifact)
    (self.choked, self.interested, self.queued, self.held, self.pieces) = (choked, interested, queued, held, pieces)
    (self.uploaded, self.downloaded, self.up, self.down, self.since) = (uploaded, downloaded, up, down, since)
  }

  fileprivate func mentions(_ text: String) -> Bool {
    let wanted = text.lowercased()
    return [principal, address, client, artifact, tls].contains { $0?.lowercased().contains(wanted) == true }
  }

  fileprivate var rate: Int64 { (up ?? 0) &+ (down ?? 0) }
}

extension PeersQuery.Order {
  /// Of equally busy ones those that have moved most come first, then those that came first: the order does not change by itself.
  fileprivate func sorted(_ peers: [PagePeer]) -> [PagePeer] {
    switch self {
    case .busiest:
      peers.sorted { one, other in
        let (a, b) = ((one.rate, one.uploaded &+ one.downloaded), (other.rate, other.uploaded &+ other.downloaded))
        return a == b ? one.number < other.number : a > b
      }
    case .newest: peers.sorted { ($0.since, $0.number) > ($1.since, $1.number) }
    case .oldest: peers.sorted { ($0.since, $0.number) < ($1.since, $1.number) }
    }
  }
}
