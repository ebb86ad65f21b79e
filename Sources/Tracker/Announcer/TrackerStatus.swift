import Metainfo

/// How one tracker stands with one info-hash of a torrent. Texts are escaped for showing.
package struct TrackerStatus: Hashable, Sendable {
  package enum State: String, Hashable, Sendable {
    /// Not asked yet.
    case waiting
    /// Being asked just now.
    case announcing
    /// The last announce was answered.
    case working
    /// The last announce failed.
    case failing
    /// Never asked: `message` says why.
    case unsupported
  }

  package let id: Int64
  package let infoHash: SHA1Digest
  /// Where peers are sent.
  package let place: AnnouncedPlace
  /// Whether that is the first of the torrent's places.
  package let isFirstPlace: Bool
  /// From 0.
  package let tier: Int
  /// The whole announce URL, which may hold a passkey.
  package let url: String
  package let state: State
  /// Time since the last answer.
  package let lastSuccess: Duration?
  /// Time until it may be asked again; nil while it is being asked, or never is.
  package let nextAnnounce: Duration?
  package let seeders: Int64?
  package let leechers: Int64?
  /// Failures since the last answer.
  package let failures: Int
  /// The last failure, or the tracker's warning.
  package let message: String?
}

extension TrackerStatus {
  init(
    id: Int64, infoHash: SHA1Digest, place: (AnnouncedPlace, isFirst: Bool), now: Duration,
    tracker: (tier: Int, record: TrackerRecord, nextTime: Duration?, isUnderWay: Bool)
  ) {
    let record = tracker.record
    (self.id, self.infoHash, self.place, isFirstPlace) = (id, infoHash, place.0, place.isFirst)
    (tier, url) = (tracker.tier, EscapedText.escape(record.text, limit: 8192))
    state =
      if record.url == nil { .unsupported } else if tracker.isUnderWay { .announcing } else if record.failures > 0 { .failing } else {
        record.lastSuccess == nil ? .waiting : .working
      }
    lastSuccess = record.lastSuccess.map { now - $0 }
    nextAnnounce = tracker.nextTime.map { max(.zero, $0 - now) }
    (seeders, leechers, failures) = (record.lastAnswer?.seeders, record.lastAnswer?.leechers, record.failures)
    message = record.lastError?.description ?? record.lastAnswer?.warning.map { EscapedText.escape($0) }
  }
}
