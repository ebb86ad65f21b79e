import Logging
import Metainfo
import NIOCore
import NIOPosix
import PluginKit
import Synchronization
import TLS

/// Dials peers that the configuration and trackers name, where policy lets us meet them.
final class Dialer: Sendable {
  private let core: EngineCore
  private let group: any EventLoopGroup
  private let book = Mutex(DialBook())
  private static let perTick = 20
  private static let connectTimeout = TimeAmount.seconds(10)

  init(core: EngineCore, group: any EventLoopGroup) {
    (self.core, self.group) = (core, group)
  }

  func add(_ address: PeerAddress, artifact: Int64, isStatic: Bool) {
    let now = core.clock.now()
    let isNew = book.withLock { $0.add(DialBook.Entry(artifact: artifact, address: address), isStatic: isStatic, now: now) }
    if isNew { core.swarms[artifact]?.tell(.onAddPeer) { try $0.onAddPeer(address) } }
  }

  /// From now on these are the static addresses of each artifact.
  func replaceStatic(peers: [Int64: Set<PeerAddress>]) {
    let now = core.clock.now()
    book.withLock { book in
      book.forgetStatic(but: peers)
      for (artifact, addresses) in peers where core.swarms.isInService(artifact) {
        for address in addresses { book.add(DialBook.Entry(artifact: artifact, address: address), isStatic: true, now: now) }
      }
    }
  }

  func remove(artifact: Int64) { book.withLock { $0.remove(artifact: artifact) } }

  /// About once a second.
  func tick() {
    guard core.settings.dials, !core.isDraining.load(ordering: .relaxed) else { return }
    let now = core.clock.now()
    for entry in book.withLock({ $0.take(Self.perTick, now: now) }) { dial(entry) }
  }

  /// A connection to this address is over.
  func ended(_ entry: DialBook.Entry, succeeded: Bool, isUseless: Bool = false, isNeeded: Bool = false) {
    let now = core.clock.now()
    book.withLock { $0.ended(entry, succeeded: succeeded, isUseless: isUseless, isNeeded: isNeeded, now: now) }
  }

  /// The address is one of ours: it is not dialed again, for whatever artifact.
  func isOurself(_ address: PeerAddress) { book.withLock { $0.isOurself(address) } }

  /// Loads what nobody has asked for lately; then it is as if it had been in memory.
  private func dial(_ entry: DialBook.Entry) {
    guard core.swarms.isInService(entry.artifact) else { return ended(entry, succeeded: false) }
    let swarm = core.loader.find(entry.artifact) { [self] lookup in
      guard case .held(let swarm) = lookup else { return ended(entry, succeeded: false) }
      dial(entry, swarm)
    }
    if let swarm { dial(entry, swarm) }
  }

  /// Takes over a hold on the swarm, for as long as the link is not there.
  private func dial(_ entry: DialBook.Entry, _ swarm: Swarm) {
    // It may have taken long to load.
    guard !core.isDraining.load(ordering: .relaxed) else { return core.release(swarm) }
    guard mayMeet(entry.address, swarm) else {
      core.release(swarm)
      return ended(entry, succeeded: false)
    }
    // Asked again when a peer would be that has been met.
    guard !swarm.isPaused else {
      core.release(swarm)
      return ended(entry, succeeded: true)
    }
    let dialing = core.links.current.dialing(entry.address, swarm.facts)
    if case .nobody(let reason) = dialing {
      journal(reason, "tls", entry, swarm)
      core.release(swarm)
      return ended(entry, succeeded: false)
    }
    link(to: entry.address, DialTarget(swarm: swarm, infoHash: swarm.facts.infoHash.preferredWire), dialing).whenComplete { [self] result in
      core.release(swarm)
      guard case .failure(let error) = result else { return }
      guard let refusal = error as? ConnectionCensus.Refusal else { return ended(entry, succeeded: false) }
      // Our own caps say nothing about the address.
      journal(refusal.reason, "engine", entry, swarm)
      ended(entry, succeeded: true)
    }
  }

  private func journal(_ reason: String, _ plugin: String, _ entry: DialBook.Entry, _ swarm: Swarm) {
    core.journal.record(
      JournalRecord(
        at: core.clock.wall(), principal: entry.address.ip.description, address: entry.address,
        infoHash: swarm.facts.infoHash.preferredWire, artifact: swarm.facts.name,
        operation: plugin == "tls" ? Operation.connect.rawValue : "limit",
        verdict: "deny", plugin: plugin, reason: "not dialed: \(reason)", generation: core.pipeline.generation))
  }

  private func link(to address: PeerAddress, _ target: DialTarget, _ dialing: EngineLinks.Dialing) -> EventLoopFuture<any Channel> {
    let core = core
    let numeric: SocketAddress
    do {
      numeric = try address.socketAddress
    } catch {
      return group.any().makeFailedFuture(error)
    }
    return ClientBootstrap(group: group)
      .connectTimeout(Self.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try Self.install(channel, core, address, target, dialing) }
      }
      .connect(to: numeric)
  }

  /// Lists are symmetrical: whom we would not let in, or would give nothing, we do not dial.
  private func mayMeet(_ address: PeerAddress, _ swarm: Swarm) -> Bool {
    var facts = PeerFacts(address: address, direction: .outbound, now: core.clock.wall())
    if case .entry = core.links.current.dialing(address, swarm.facts) { facts.link = .securing }
    (facts.artifact, facts.infoHash) = (swarm.facts, swarm.facts.infoHash.preferredWire)
    guard let refusal = refusal(core.pipeline, facts, swarm) else { return true }
    core.journal.record(
      JournalRecord(
        at: facts.now, principal: facts.principal, address: address, infoHash: swarm.facts.infoHash.preferredWire,
        artifact: swarm.facts.name, operation: Operation.connect.rawValue, verdict: "deny", plugin: refusal.plugin,
        rule: refusal.verdict.rule, reason: "not dialed: \(refusal.verdict.reason)", place: refusal.verdict.place,
        generation: core.pipeline.generation, facts: RecordedFacts(facts, .connect)))
    return false
  }

  private func refusal(_ pipeline: Pipeline, _ facts: PeerFacts, _ swarm: Swarm) -> Judgement? {
    if let refusal = pipeline.decide(.connect, facts).refusal { return refusal }
    // Of what is not known yet there is nothing to grant.
    guard swarm.metadata == nil else { return nil }
    let grant = pipeline.grant(facts)
    return grant.isEmpty ? grant.request.refusal ?? grant.metadata.refusal : nil
  }

  private static func install(
    _ channel: any Channel, _ core: EngineCore, _ address: PeerAddress, _ target: DialTarget, _ dialing: EngineLinks.Dialing
  ) throws {
    guard let handle = core.handle(of: channel.eventLoop) else { throw ChannelError.unknownLocalAddress }
    guard !core.isDraining.load(ordering: .relaxed) else { throw ChannelError.eof }
    try core.beginConnection(address.ip, .outbound)
    let loop = handle.bound.value
    var entry: TLSEntry?
    if case .entry(let chosen) = dialing { entry = chosen }
    let connection = PeerConnection(
      core: core, loop: loop, number: core.numbers.number(onLoop: loop.index), address: address, direction: .outbound,
      isSecure: entry != nil, target: target)
    do {
      connection.receiving = try LoopReceiver.install(on: channel, loop.receiving)
      if let entry { try secure(channel, loop, entry, target) }
      try channel.pipeline.syncOperations.addHandler(connection)
    } catch {
      connection.letGoOfArtifact()
      core.endConnection(address.ip, .outbound)
      throw error
    }
  }

  /// A fleet's links say nothing in clear; a peer of SSL torrents must be told which one is meant.
  private static func secure(_ channel: any Channel, _ loop: EngineLoop, _ entry: TLSEntry, _ target: DialTarget) throws {
    let name = target.swarm.facts.isSSL ? "\(target.infoHash)" : nil
    let handler = try TLSHandler(role: .client(entry, serverName: name), loop: loop.tls, now: loop.core.clock.seconds)
    try channel.pipeline.syncOperations.addHandler(handler)
  }
}
