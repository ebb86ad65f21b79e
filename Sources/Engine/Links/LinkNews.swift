import Synchronization
import TLS

/// How many TLS links have stood, by the entry that vouched for their peers, and how many came to nothing, by the reason.
package final class LinkNews: Sendable {
  /// The counts since the start.
  package struct Counts: Sendable, Hashable {
    /// By the entry's name; those of SSL torrents together, as `ssl-torrent`.
    package internal(set) var stood: [String: Int64] = [:]
    /// By a word for the reason: `expired`, `untrusted`, `server-name`, `handshake`, …
    package internal(set) var failed: [String: Int64] = [:]
  }

  private let counts = Mutex(Counts())

  package init() {}

  package var current: Counts { counts.withLock { $0 } }

  func stood(_ entry: TLSEntry) {
    let name = entry.name.hasPrefix("torrent:") ? "ssl-torrent" : entry.name
    counts.withLock { $0.stood[name, default: 0] &+= 1 }
  }

  func failed(_ failure: TLSFailure) { counts.withLock { $0.failed[failure.code, default: 0] &+= 1 } }
}
