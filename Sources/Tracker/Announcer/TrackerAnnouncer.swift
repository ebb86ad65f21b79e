import Logging
import Metainfo
import NIOCore
import PluginKit

/// Announces all torrents of a node to their trackers.
///
/// Each info-hash has an `AnnounceSchedule` for each place where we are found; one heap holds when each has something due, and one timer waits for the earliest. A bounded
/// number of announces is under way at a time. Two announces of one info-hash to one tracker never overtake each other.
package actor TrackerAnnouncer {
  /// One info-hash of one torrent, found at one place.
  struct SwarmKey: Hashable, Sendable {
    let id: Int64
    let infoHash: SHA1Digest
    /// Which of the torrent's places, from 0. What is counted once for a torrent is counted at the first.
    let place: UInt8

    var isFirst: Bool { place == 0 }
  }

  /// An announce that is to be sent.
  struct Job: Sendable {
    let key: SwarmKey
    let due: AnnounceSchedule.Due
    /// Which life of the torrent it belongs to: one that was removed and added again has another.
    let life: UInt64
    let place: AnnouncedPlace
  }

  private enum Phase {
    /// Before `run` and after it has been cancelled. `running` or `stopping` follow.
    case idle
    case running
    /// Sending `stopped`; `stopped` follows.
    case stopping
    case stopped
  }

  /// An object of its own, so that tables of a hundred thousand do not hold room for what is not there.
  private final class Swarm {
    var schedule: AnnounceSchedule
    let life: UInt64

    init(schedule: AnnounceSchedule, life: UInt64) { (self.schedule, self.life) = (schedule, life) }
  }

  private let delegate: any AnnounceDelegate
  private let settings: AnnouncerSettings
  private let transport: any TrackerTransport
  private let clock: AnnouncerClock
  private let logger: Logger
  private let peerID: [UInt8]
  private let key = UInt32.random(in: .min ... .max)
  private var generator: any RandomNumberGenerator & Sendable

  private var phase = Phase.idle
  private var torrents: [Int64: AnnouncedTorrent] = [:]
  private var swarms: [SwarmKey: Swarm] = [:]
  private var queue = DueQueue<SwarmKey>()
  private var spread: StartSpread
  private var names = TrackerNames()
  private var tally = AnnounceTally()
  private var reach = TrackerReach()
  private var lives: UInt64 = 0
  /// `stopped` announces that wait for a free place.
  private var farewells: [Job] = []
  private var underWay: [UInt64: (job: Job, task: Task<Void, Never>)] = [:]
  private var tickets: UInt64 = 0
  private var timer: (time: Duration, task: Task<Void, Never>)?
  private let wakes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  /// An announcer. `peerID` has 20 bytes. Without a transport of the caller's it speaks to the network on the group's loops.
  package init(
    group: any EventLoopGroup, peerID: [UInt8], delegate: any AnnounceDelegate, settings: AnnouncerSettings = AnnouncerSettings(),
    clock: any Clock<Duration> = ContinuousClock(), generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
    logger: Logger, transport: (any TrackerTransport)? = nil
  ) {
    (self.peerID, self.delegate, self.settings, self.generator, self.logger) = (peerID, delegate, settings, generator, logger)
    self.clock = AnnouncerClock(clock)
    self.transport = transport ?? NetworkTrackerTransport(group: group)
    spread = StartSpread(perSecond: settings.startsPerSecond)
  }
}

// MARK: - What callers ask

extension TrackerAnnouncer {
  /// Announces a torrent from now on. One of the same id with other contents takes the former's place, which is told `stopped`.
  package func add(_ torrent: AnnouncedTorrent) { update([torrent]) }

  /// The same for many. One without trackers, or without a place, is announced no more.
  package func update(_ changes: [AnnouncedTorrent]) {
    guard phase == .idle || phase == .running else { return }
    spread.quicken(to: max(settings.startsPerSecond, (swarms.count + changes.count) / settings.startsWithin))
    for torrent in changes where torrents[torrent.id] != torrent {
      stop(id: torrent.id)
      if !torrent.trackers.isEmpty, !torrent.places.isEmpty { start(torrent) }
    }
    wake()
  }

  private func start(_ torrent: AnnouncedTorrent) {
    torrents[torrent.id] = torrent
    lives += 1
    let trackers = torrent.trackers.map { tier in tier.map { names.tracker($0) } }
    for key in Self.keys(of: torrent) {
      let schedule = AnnounceSchedule(
        trackers: trackers, scope: settings.scope, start: spread.take(now: clock.now()), using: &generator)
      swarms[key] = Swarm(schedule: schedule, life: lives)
      queue.set(key, to: schedule.nextTime)
    }
  }

  private static func keys(of torrent: AnnouncedTorrent?) -> [SwarmKey] {
    guard let torrent else { return [] }
    return torrent.places.indices.prefix(Int(UInt8.max)).flatMap { place in
      torrent.infoHashes.map { SwarmKey(id: torrent.id, infoHash: $0, place: UInt8(place)) }
    }
  }

  /// What is announced with the key; nil where it is announced no more.
  private func place(of key: SwarmKey) -> AnnouncedPlace? {
    guard let places = torrents[key.id]?.places, places.indices.contains(Int(key.place)) else { return nil }
    return places[Int(key.place)]
  }

  /// Announces a torrent no more, and tells the trackers that know it `stopped`. Returns at once.
  package func remove(id: Int64) {
    stop(id: id)
    wake()
  }

  private func stop(id: Int64) {
    for key in Self.keys(of: torrents[id]) { sayFarewell(key) }
    torrents[id] = nil
  }

  /// The torrent's download has finished just now: its trackers are told `completed`. Not for what was whole when it was added.
  package func completed(id: Int64) {
    for key in Self.keys(of: torrents[id]) where key.isFirst {
      swarms[key]?.schedule.complete()
      queue.set(key, to: swarms[key]?.schedule.nextTime)
    }
    wake()
  }

  /// Sends announces as they fall due, until `stop` is called or the task is cancelled. To be called once.
  package func run() async {
    guard phase == .idle else { return }
    phase = .running
    dispatch()
    for await _ in wakes.stream { dispatch() }
    timer?.task.cancel()
    if phase == .running { phase = .idle }
  }

  /// Ends all announces: tells `stopped` to every tracker that knows us, many at a time, and gives up after `limit`.
  package func stop(within limit: Duration) async {
    guard phase == .idle || phase == .running else { return }
    phase = .stopping
    wakes.continuation.finish()
    timer?.task.cancel()
    for key in swarms.keys { sayFarewell(key) }
    torrents = [:]
    let end = clock.now() + limit
    let deadline = Task { [clock] in
      try? await clock.sleep(end)
      if !Task.isCancelled { self.abandonFarewells() }
    }
    dispatch()
    // Each announce that ends starts the next before its task does.
    while let last = underWay.values.first { await last.task.value }
    deadline.cancel()
    phase = .stopped
    await transport.close()
  }

  /// Ends all announces without a word: who comes after us goes on with them, under our peer id.
  package func handOver() async {
    guard phase == .idle || phase == .running else { return }
    phase = .stopping
    wakes.continuation.finish()
    timer?.task.cancel()
    (swarms, torrents, farewells) = ([:], [:], [])
    for entry in underWay.values { entry.task.cancel() }
    while let last = underWay.values.first { await last.task.value }
    phase = .stopped
    await transport.close()
  }

  /// How the trackers stand, by torrent, info-hash and tier: all of them where that is at most `limit`, else `limit` of them, of the torrents
  /// with a failing tracker first.
  package func status(limit: Int = .max) -> [TrackerStatus] {
    let now = clock.now()
    var chosen = Array(torrents.keys)
    if chosen.count > limit {
      let failing = chosen.filter(isFailing).sorted().prefix(limit)
      chosen = Array(failing) + chosen.filter { !isFailing($0) }.sorted().prefix(limit - failing.count)
    }
    let keys = chosen.sorted().flatMap { Self.keys(of: torrents[$0]) }
    let statuses = keys.lazy.flatMap { key in
      guard let swarm = self.swarms[key], let place = self.place(of: key) else { return [TrackerStatus]() }
      return swarm.schedule.trackers.map {
        TrackerStatus(id: key.id, infoHash: key.infoHash, place: (place, key.isFirst), now: now, tracker: $0)
      }
    }
    return Array(statuses.prefix(limit))
  }

  /// What came of announces since the start. Costs the same however many torrents there are.
  package var counts: AnnounceTally.Counts { tally.counts(now: clock.now()) }

  private func isFailing(_ id: Int64) -> Bool {
    Self.keys(of: torrents[id]).contains { key in
      swarms[key]?.schedule.trackers.contains { $0.record.failures > 0 } == true
    }
  }
}

// MARK: - Sending

extension TrackerAnnouncer {
  private func wake() { wakes.continuation.yield() }

  private var capacity: Int {
    max(1, phase == .stopping ? settings.maximumFarewells : settings.maximumUnderWay)
  }

  /// Starts as much as there is place for, `stopped` first, and sets the timer.
  private func dispatch() {
    guard phase == .running || phase == .stopping else { return }
    while underWay.count < capacity, let job = nextJob() { start(job) }
    if phase == .running { setTimer() }
  }

  private func nextJob() -> Job? {
    if let farewell = farewells.popLast() { return farewell }
    let now = clock.now()
    while phase == .running, let key = queue.pop(now: now) {
      guard let swarm = swarms[key] else { continue }
      let due = swarm.schedule.next(now: now)
      let goes = due.map { self.goes($0, of: swarm, now: now) } ?? false
      queue.set(key, to: swarm.schedule.nextTime)
      if goes, let due, let place = place(of: key) { return Job(key: key, due: due, life: swarm.life, place: place) }
    }
    return nil
  }

  /// Whether an announce is sent; else its tracker cannot be reached, and it is due again later.
  private func goes(_ due: AnnounceSchedule.Due, of swarm: Swarm, now: Duration) -> Bool {
    guard case .closed(let from, let to, let error) = reach.way(to: due.url.origin, now: now) else { return true }
    // Not all at one time.
    let wait = (to - from) * Double.random(in: 0...1, using: &generator)
    swarm.schedule.postponed(due, error, until: from + wait)
    return false
  }

  private func start(_ job: Job) {
    let earlier = underWay.values.filter { $0.job.key == job.key && $0.job.due.url == job.due.url }.map(\.task)
    tickets += 1
    let ticket = tickets
    underWay[ticket] = (
      job,
      Task {
        for task in earlier { await task.value }
        let result = await self.send(job)
        self.finish(ticket, result)
      }
    )
  }

  private func send(_ job: Job) async -> Result<AnnounceResponse, TrackerError> {
    do throws(TrackerError) {
      return .success(try await transport.announce(request(job), to: job.due.url))
    } catch {
      return .failure(error)
    }
  }

  /// What was carried, and who is there, the first place tells and asks for all.
  private func request(_ job: Job) -> AnnounceRequest {
    let (isFirst, place) = (job.key.isFirst, Int(job.key.place))
    var statistics = delegate.statistics(for: job.key.id)
    if !isFirst { statistics = AnnounceStatistics(uploaded: 0, downloaded: 0, left: statistics.left) }
    var request = AnnounceRequest(
      infoHash: job.key.infoHash, peerID: PlaceIdentity.peerID(peerID, ofPlace: place), port: delegate.listenPort(of: job.place.listener),
      statistics: statistics, event: job.due.event, wanted: job.due.event == .stopped || !isFirst ? 0 : settings.wanted,
      key: key &+ UInt32(place), trackerID: job.due.trackerID)
    request.reach = job.place.reach
    return request
  }

  private func finish(_ ticket: UInt64, _ result: Result<AnnounceResponse, TrackerError>) {
    guard let job = underWay.removeValue(forKey: ticket)?.job else { return }
    log(job, result)
    tally.note(job.due.text, result, now: clock.now())
    reach.note(job.due.url.origin, result, now: clock.now())
    if swarms[job.key]?.life == job.life { record(job, result) }
    dispatch()
  }

  private func record(_ job: Job, _ result: Result<AnnounceResponse, TrackerError>) {
    let now = clock.now()
    switch result {
    case .success(let response):
      swarms[job.key]?.schedule.succeeded(job.due, response, now: now, timing: settings.timing)
      if !response.peers.isEmpty { delegate.found(peers: response.peers, for: job.key.id) }
    case .failure(let error):
      swarms[job.key]?.schedule.failed(job.due, error, now: now, timing: settings.timing, using: &generator)
    }
    queue.set(job.key, to: swarms[job.key]?.schedule.nextTime)
  }

  /// Takes a swarm out; its announces under way are cancelled, and its `stopped` wait for them.
  private func sayFarewell(_ key: SwarmKey) {
    queue.set(key, to: nil)
    guard let swarm = swarms.removeValue(forKey: key), let place = place(of: key) else { return }
    for entry in underWay.values where entry.job.key == key && entry.job.due.event != .stopped { entry.task.cancel() }
    farewells += swarm.schedule.farewells().map { Job(key: key, due: $0, life: swarm.life, place: place) }
  }

  private func abandonFarewells() {
    farewells = []
    for entry in underWay.values { entry.task.cancel() }
  }

  private func setTimer() {
    // With no place free, the next announce that ends looks again.
    guard underWay.count < capacity, let earliest = queue.nextTime else { return }
    let now = clock.now()
    let next = max(earliest, now + settings.grain)
    if let timer, timer.time > now, timer.time <= next { return }
    timer?.task.cancel()
    timer = (
      next,
      Task { [clock, wakes] in
        try? await clock.sleep(next)
        if !Task.isCancelled { wakes.continuation.yield() }
      }
    )
  }

  private func log(_ job: Job, _ result: Result<AnnounceResponse, TrackerError>) {
    func fields(_ more: Logger.Metadata) -> Logger.Metadata {
      more.merging([
        "tracker": "\(job.due.url.origin)", "info_hash": "\(job.key.infoHash)", "announce": "\(job.due.event)",
      ]) { $1 }
    }
    switch result {
    case .success(let response):
      let warning: Logger.Metadata = response.warning.map { ["warning": "\(EscapedText.escape($0))"] } ?? [:]
      logger.debug("announced", metadata: .event(.announceDone, fields(warning.merging(["peers": "\(response.peers.count)"]) { $1 })))
    case .failure(.cancelled): break
    case .failure(let error): logger.info("announce failed", metadata: .event(.announceFailed, fields(["error": "\(error)"])))
    }
  }
}
