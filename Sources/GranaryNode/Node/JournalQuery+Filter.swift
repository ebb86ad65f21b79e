import Control
import Inventory
import Metainfo
import PluginKit

extension JournalQuery {
  /// Which rows are wanted. Throws where `since` is no time.
  func filter(_ database: InventoryDatabase) throws -> JournalFilter {
    var filter = JournalFilter(refusedOnly: refused, after: after, limit: max(1, limit))
    if let peer { filter.peers = [PeerAddress(peer)?.ip.description ?? IPAddress(peer)?.description ?? peer] }
    if let artifact {
      filter.artifact = artifact
      // What was asked for in vain is none of ours, and can be asked about all the same.
      filter.infoHashes = (try? database.find(artifact))?.infoHash.wire ?? SHA1Digest(hex: artifact).map { [$0] } ?? []
    }
    if let since {
      guard let time = JournalSince.time(since, now: .now()) else {
        throw Failure(.usage, "since: '\(since)' is no time: write 30m, 24h or 7d, 2027-01-31 or 2027-01-31T18:00:00Z")
      }
      filter.since = time
    }
    return filter
  }
}
