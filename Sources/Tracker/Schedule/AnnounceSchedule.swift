/// All announces of one info-hash as a pure state machine: fed with the time and with results, it says what to send next and when.
///
/// Each tier (or, under `.everyTracker`, each tracker) goes its own way. Times are durations since any fixed origin.
package struct AnnounceSchedule: Sendable {
  /// An announce to be made.
  package struct Due: Hashable, Sendable {
    /// The tier it belongs to, to be handed back with the result.
    package let tier: Int
    /// The URL as the torrent has it.
    package let text: String
    package let url: TrackerURL
    package let event: AnnounceEvent
    package let trackerID: [UInt8]?
  }

  private var tiers: [TierSchedule]

  /// A schedule whose first announces are due at `start`. Tiers are shuffled within, once (BEP 12); a URL that comes twice counts where it
  /// came first.
  package init(
    trackers: [[NamedTracker]], scope: AnnounceScope = .eachTier, start: Duration, using generator: inout some RandomNumberGenerator
  ) {
    var seen: Set<NamedTracker> = []
    var tiers: [[NamedTracker]] = []
    for tier in trackers {
      let unseen = tier.filter { seen.insert($0).inserted }.shuffled(using: &generator)
      tiers += scope == .eachTier ? [unseen] : unseen.map { [$0] }
    }
    self.tiers = tiers.filter { !$0.isEmpty }.map { TierSchedule($0, start: start) }
  }

  /// When `next` has something; nil where nothing is to be waited for but results.
  package var nextTime: Duration? { tiers.compactMap(\.nextTime).min() }

  /// An announce that is due, else nil. It counts as under way until its result is told.
  package mutating func next(now: Duration) -> Due? {
    for index in tiers.indices {
      guard let (record, event) = tiers[index].take(now: now), let url = record.url else { continue }
      return Due(tier: index, text: record.text, url: url, event: event, trackerID: record.lastAnswer?.trackerID)
    }
    return nil
  }

  /// The tracker has answered.
  package mutating func succeeded(_ due: Due, _ response: AnnounceResponse, now: Duration, timing: AnnounceTiming) {
    guard isUnderWay(due) else { return }
    tiers[due.tier].succeeded(response, now: now, timing: timing)
  }

  /// The tracker has not answered, or has refused.
  package mutating func failed(
    _ due: Due, _ error: TrackerError, now: Duration, timing: AnnounceTiming, using generator: inout some RandomNumberGenerator
  ) {
    guard isUnderWay(due) else { return }
    tiers[due.tier].failed(error, now: now, timing: timing, using: &generator)
  }

  /// The tracker was not asked after all, and is not to be before this time: others have found that it cannot be reached.
  package mutating func postponed(_ due: Due, _ error: TrackerError, until time: Duration) {
    guard isUnderWay(due) else { return }
    tiers[due.tier].postponed(error, until: time)
  }

  /// The download has finished just now. Not for what was whole from the start.
  package mutating func complete() {
    for index in tiers.indices { tiers[index].complete() }
  }

  /// The `stopped` announces to all trackers that know us. Nothing else is to be asked of the schedule afterwards.
  package func farewells() -> [Due] {
    tiers.enumerated().flatMap { index, tier in
      tier.started.compactMap { record in
        record.url.map { Due(tier: index, text: record.text, url: $0, event: .stopped, trackerID: record.lastAnswer?.trackerID) }
      }
    }
  }

  /// Each tracker with its tier, the time it may be asked next (nil while it is being asked, or never is) and whether it is being asked.
  package var trackers: [(tier: Int, record: TrackerRecord, nextTime: Duration?, isUnderWay: Bool)] {
    tiers.enumerated().flatMap { index, tier in
      tier.records.map { record in
        let isUnderWay = tier.underWay?.text == record.text
        return (index, record, isUnderWay ? nil : tier.time(record), isUnderWay)
      }
    }
  }

  private func isUnderWay(_ due: Due) -> Bool {
    tiers.indices.contains(due.tier) && tiers[due.tier].underWay?.text == due.text
  }
}
