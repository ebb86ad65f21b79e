import Metainfo
internal import PluginKit
import Synchronization

/// `write_request` for one connection: what we may ask of this peer, how much of it at a time and in a second, and whether others are asked first.
final class GateAsking {
  private struct Limit {
    let rule: GateRule
    let scope: Scope
    var holding: RateHolding
    /// Before this nothing is free.
    var again: ContinuousClock.Instant?
  }

  private let rules: GateRules
  private let peer: PeerContext
  private let preferred: PreferredPeers
  private let book: QuotaBook
  private let services: PluginServices
  private var deciding: [(rule: GateRule, scope: Scope)] = []
  /// Those of them that bound a second's bytes.
  private var limits: [Limit] = []
  private var outcome: GateRules.Outcome?
  private var outstanding: Set<Block> = []
  /// Let through and not asked yet: another plugin may withhold it.
  private var charged: Block?

  /// How long a block is asked of others when this peer has enough to do.
  private static let pause = Duration.milliseconds(250)
  /// How long a block is left to peers that are preferred, before they are looked for again.
  private static let leave = Duration.seconds(2)

  init(_ rules: GateRules, _ peer: PeerContext, _ preferred: PreferredPeers, _ book: QuotaBook, _ services: PluginServices) {
    (self.rules, self.peer, self.preferred, self.book, self.services) = (rules, peer, preferred, book, services)
    compile()
  }

  /// The answer to the question whether we may ask this peer for a block now.
  func answer(_ block: Block) -> WriteRequestAnswer {
    giveBack()
    guard let outcome, let scope = outcome.scope else {
      let until = outcome?.validUntil.map { peer.instant(of: $0, wall: services.wallClock()) }
      return .withhold(outcome?.reason ?? "there are no rules", until: until)
    }
    guard scope.covers(block, in: peer.artifact.layout) else {
      let until = outcome.validUntil.map { peer.instant(of: $0, wall: services.wallClock()) }
      return .withhold("no rule of gate.write_request lets us ask this peer for it", until: until)
    }
    for (rule, scope) in deciding where scope.touches(block, in: peer.artifact.layout) {
      if let most = rule.inFlight, outstanding.count >= most {
        return .withhold("gate.\(rule.name): \(most) blocks are in flight", until: peer.now + Self.pause)
      }
      if isSecondChoice(rule) { return .withhold("gate.\(rule.name): others are preferred", until: peer.now + Self.leave) }
    }
    return limits.isEmpty ? .pass : take(block)
  }

  /// What was let through and not asked costs nothing.
  private func giveBack() {
    guard let block = charged else { return }
    charged = nil
    giveBack(block, limits.count)
  }

  /// To the first so many limits.
  private func giveBack(_ block: Block, _ count: Int) {
    for index in limits.indices.prefix(count) where touches(index, block) { limits[index].holding.giveBack(Int64(block.length)) }
  }

  private func touches(_ index: Int, _ block: Block) -> Bool { limits[index].scope.touches(block, in: peer.artifact.layout) }

  /// Takes the block's bytes from the limits.
  private func take(_ block: Block) -> WriteRequestAnswer {
    for index in limits.indices where touches(index, block) {
      guard let again = wait(index, Int64(block.length)) else { continue }
      giveBack(block, index)
      services.counters.count("gate_limited_asks")
      return .withhold("gate.\(limits[index].rule.name): no more bytes a second", until: again)
    }
    charged = block
    return .pass
  }

  /// Nil where the bytes were free, else when to ask again.
  private func wait(_ index: Int, _ length: Int64) -> ContinuousClock.Instant? {
    if let again = limits[index].again, again > peer.now { return again }
    limits[index].again = limits[index].holding.take(length, book).map { peer.now + $0 }
    return limits[index].again
  }

  private func isSecondChoice(_ rule: GateRule) -> Bool {
    guard let prefer = rule.prefer else { return false }
    return !prefer.contains(peer.facts.address.ip) && preferred.isAnyone(in: prefer)
  }

  func asked(_ block: Block) {
    outstanding.insert(block)
    if charged == block { charged = nil }
  }

  /// It came, was rejected, or is not wanted any more.
  func came(_ block: Block) { outstanding.remove(block) }

  /// A peer that chokes us has forgotten what we asked, and is nobody's first choice.
  func choked(_ isChoking: Bool) {
    if isChoking { outstanding.removeAll() }
    preferred.note(self, isChoking ? nil : peer.facts.address.ip)
  }

  /// Looks at the rules again where others may apply by now.
  func refresh() {
    guard let until = outcome?.validUntil, services.wallClock() >= until else { return }
    compile()
  }

  private func compile() {
    charged = nil
    var facts = peer.facts
    facts.now = services.wallClock()
    outcome = rules.outcome(facts, peer.artifact)
    deciding = rules.deciding(facts, peer.artifact).filter { $0.rule.answer.gives }
    limits = deciding.compactMap { rule, scope in RateHolding(rule, peer.facts).map { Limit(rule: rule, scope: scope, holding: $0) } }
  }
}

/// The peers of one artifact that let us ask, by their addresses. Shared by all loops.
final class PreferredPeers: Sendable {
  private let addresses = Mutex<[ObjectIdentifier: IPAddress]>([:])

  /// Where a peer is that lets us ask; nil: it does not.
  func note(_ peer: GateAsking, _ address: IPAddress?) {
    addresses.withLock { $0[ObjectIdentifier(peer)] = address }
  }

  func isAnyone(in networks: NetworkTable) -> Bool {
    addresses.withLock { addresses in addresses.values.contains(where: networks.contains) }
  }
}

extension Scope {
  /// Whether each byte of the block is in.
  fileprivate func covers(_ block: Block, in layout: PieceLayout) -> Bool {
    switch self {
    case .everything: true
    case .part(let part): part.contains(block, in: layout)
    }
  }
}
