/// One tier of trackers (BEP 12) as a pure value: which to ask, when, and with which event. One announce is under way at a time.
///
/// Times are durations since any fixed origin.
struct TierSchedule: Sendable {
  /// In the order in which they are tried: the last that worked is first.
  private(set) var records: [TrackerRecord]
  /// When the tier's regular announce is due.
  private var regular: Duration
  private(set) var underWay: UnderWay?

  /// The tracker that is being asked, and with what.
  struct UnderWay {
    let tracker: NamedTracker
    let event: AnnounceEvent

    var text: String { tracker.text }
  }

  /// A tier in this order, whose first announce is due at `start`.
  init(_ trackers: [NamedTracker], start: Duration) {
    records = trackers.map { TrackerRecord($0, start: start) }
    regular = start
  }

  /// When `take` has something; nil while an announce is under way, or where no tracker can be asked.
  var nextTime: Duration? {
    guard underWay == nil else { return nil }
    return records.compactMap(time).min()
  }

  /// The tracker to ask now and the event to send, else nil.
  mutating func take(now: Duration) -> (record: TrackerRecord, event: AnnounceEvent)? {
    guard underWay == nil, let index = records.firstIndex(where: { time($0).map { $0 <= now } ?? false }) else { return nil }
    let event: AnnounceEvent = !records[index].isStarted ? .started : records[index].owesCompleted ? .completed : .none
    // A `started` tells that nothing is left; `completed` after it would count a download that the tracker has not seen.
    if event == .started { records[index].owesCompleted = false }
    underWay = UnderWay(tracker: records[index].tracker, event: event)
    return (records[index], event)
  }

  /// The tracker has answered. It is tried first from now on.
  mutating func succeeded(_ response: AnnounceResponse, now: Duration, timing: AnnounceTiming) {
    guard let (index, event) = landed() else { return }
    var record = records.remove(at: index)
    record.isStarted = true
    if event == .completed { record.owesCompleted = false }
    record.succeeded(response, now: now)
    records.insert(record, at: 0)
    regular = now + timing.interval(response)
  }

  /// The tracker has not answered, or has refused. The next one is tried at once.
  mutating func failed(_ error: TrackerError, now: Duration, timing: AnnounceTiming, using generator: inout some RandomNumberGenerator) {
    guard let (index, _) = landed() else { return }
    records[index].failed(error)
    records[index].notBefore = now + timing.retry(after: error, failures: records[index].failures, using: &generator)
  }

  /// The tracker was not asked, for it cannot be reached. The next one is tried at once.
  mutating func postponed(_ error: TrackerError, until time: Duration) {
    guard let (index, _) = landed() else { return }
    records[index].postponed(error, until: time)
  }

  /// The download has finished: those who were told of its start are told of its end.
  mutating func complete() {
    for index in records.indices where records[index].isStarted || records[index].text == underWay?.text {
      records[index].owesCompleted = true
    }
  }

  /// The trackers that know us, or may: they are owed a `stopped`.
  var started: [TrackerRecord] { records.filter { $0.isStarted || $0.text == underWay?.text } }

  /// When this tracker may be asked next.
  func time(_ record: TrackerRecord) -> Duration? {
    guard record.url != nil else { return nil }
    return record.owesCompleted && record.isStarted ? record.notBefore : max(regular, record.notBefore)
  }

  private mutating func landed() -> (index: Int, event: AnnounceEvent)? {
    guard let asked = underWay, let index = records.firstIndex(where: { $0.text == asked.text }) else { return nil }
    underWay = nil
    return (index, asked.event)
  }
}
