import Metainfo
import NIOCore
import PluginKit
import Synchronization

/// What the engine does for artifacts that are being fetched, and who is unchoked for them.
extension EngineCore {
  // MARK: Choking

  /// A peer's interest, told to the choker that has its artifact's peers.
  func interest(_ number: PeerNumber, isInterested: Bool, priority: Int?, isRationed: Bool, in swarm: Swarm) {
    if swarm.isFetching {
      chokeDownloads { $0.interest(number, isInterested: isInterested, priority: priority, now: $1) }
    } else {
      choke { $0.interest(number, isInterested: isInterested, priority: priority, isRationed: isRationed, now: $1) }
    }
  }

  /// A plugin holds the peer choked, or lets go of it.
  func hold(_ number: PeerNumber, isHeld: Bool, in swarm: Swarm) {
    if swarm.isFetching {
      chokeDownloads { $0.hold(number, isHeld: isHeld, now: $1) }
    } else {
      choke { $0.hold(number, isHeld: isHeld, now: $1) }
    }
  }

  func pause(_ number: PeerNumber, in swarm: Swarm) {
    if swarm.isFetching {
      chokeDownloads { $0.pause(number, isPaused: swarm.isPaused, now: $1) }
    } else {
      choke { $0.pause(number, isPaused: swarm.isPaused, now: $1) }
    }
  }

  /// A connection is gone.
  func leaveChoker(_ number: PeerNumber, _ swarm: Swarm) {
    if swarm.fetch != nil { chokeDownloads { $0.remove(number, now: $1) } }
    choke { $0.remove(number, now: $1) }
  }

  /// The artifact is complete: the seed's choker has this peer from now on. On the connection's loop, so that nothing overtakes it.
  func handOver(_ number: PeerNumber, _ isInterested: Bool, _ swarm: Swarm) {
    var handovers: [DownloadChoker.Handover] = []
    chokeDownloads { choker, now in
      let released = choker.release([number], now: now)
      handovers = released.peers
      return released.actions
    }
    for handover in handovers {
      if handover.isHeld { choke { $0.hold(number, isHeld: true, now: $1) } }
      if swarm.isPaused { choke { $0.pause(number, isPaused: true, now: $1) } }
      choke { $0.interest(number, isInterested: isInterested, priority: handover.priority, now: $1) }
    }
  }

  /// A block has come that was of use.
  func received(_ bytes: Int, from number: PeerNumber) {
    downloaded.add(Int64(bytes), ordering: .relaxed)
    downloadChoker.withLock { $0.received(bytes, from: number) }
  }

  func snub(_ number: PeerNumber, isSnubbed: Bool) { downloadChoker.withLock { $0.snub(number, isSnubbed: isSnubbed) } }

  /// Feeds the choker of what is being fetched, and carries out what it says.
  func chokeDownloads(_ feed: (inout DownloadChoker, ContinuousClock.Instant) -> [DownloadChoker.Action]) {
    let now = clock.now()
    for action in downloadChoker.withLock({ feed(&$0, now) }) {
      let number = action.number
      visit(number) { connection in connection.setChoked(!self.isUnchoked(number)) }
    }
  }

  // MARK: Fetches

  /// These connections may find something to ask for.
  func wakeDownloads(_ numbers: Set<PeerNumber>) {
    if !numbers.isEmpty { visit(numbers) { $0.fillSoon() } }
  }

  /// Runs the closure with each of the connections, on its own loop, after what goes on there.
  func visit(_ numbers: some Sequence<PeerNumber>, _ body: @escaping @Sendable (PeerConnection) -> Void) {
    let loops = loops
    for (index, numbers) in Dictionary(grouping: numbers, by: self.numbers.loop(of:)) where loops.indices.contains(index) {
      let handle = loops[index]
      handle.eventLoop.execute {
        for number in numbers { handle.bound.value.connections[number].map(body) }
      }
    }
  }

  /// What is fetched goes on, about once a second.
  func tickFetches() {
    for swarm in swarms.live {
      swarm.metadata?.tick(clock.now())
      guard let fetch = swarm.fetch, !fetch.isOver else { continue }
      fetch.tick(swarm, self)
      if !fetch.isOver { swarms.set(missing: fetch.bytesLeft, of: swarm) }
    }
    chokeDownloads { $0.tick($1) }
  }

  /// A web seed that gives nothing, and why. Equal rows are counted.
  func journalWebSeed(_ principal: String, _ reason: String, _ swarm: Swarm) {
    journal.record(
      JournalRecord(
        at: clock.wall(), principal: principal, address: nil, infoHash: swarm.facts.infoHash.preferredWire, artifact: swarm.facts.name,
        operation: Operation.ask.rawValue, verdict: "close", plugin: "engine", rule: "web-seed", reason: reason,
        generation: pipeline.generation))
  }

  /// Somebody who gave wrong data is not met again for the artifact; the reason is there to be asked for.
  func refuse(_ member: FetchState.Member, _ reason: String, _ swarm: Swarm) {
    journal.record(
      JournalRecord(
        at: clock.wall(), principal: member.principal, address: member.address, infoHash: swarm.facts.infoHash.preferredWire,
        artifact: swarm.facts.name, operation: Operation.ask.rawValue, verdict: "deny", plugin: "engine", rule: "data", reason: reason,
        generation: pipeline.generation))
  }
}

extension EngineSettings {
  /// Slots for the peers of what we fetch, one of them left to luck: few at a time, each fast enough to have a piece soon that it can pass on.
  var downloadSlots: Int? {
    switch uploadSlots {
    case .auto: 8
    case .unlimited: nil
    case .fixed(let slots): slots
    }
  }
}
