import Metainfo
import PluginKit
import TestSupport

@testable import Engine

/// A swarm of one seeder and its peers, in steps of a tenth of a second: the seeder has a narrow link, peers exchange pieces among
/// themselves. Every peer asks the seeder for the pieces that it was told of, rarest first as far as it knows, like a stock client.
struct SimulatedSwarm {
  struct Peer {
    var held: Bitfield
    var announced: Bitfield
    /// The piece that it fetches from the seeder, and what has come of it.
    var fetching: (piece: Int, bytes: Int)?
    var isSuperSeeded: Bool
    /// Whether it passes anything on.
    var shares = true
    /// Pieces that it does not want.
    var unwanted: Set<Int> = []
    var finished: Int?
  }

  static let pieceLength = 262_144
  private(set) var peers: [UInt64: Peer] = [:]
  private(set) var seeder: SuperSeeder
  private(set) var availability: PieceAvailability
  private(set) var uploaded = 0
  /// What the seeder had sent when the swarm had the first whole copy.
  private(set) var uploadedForOneCopy: Int?
  private(set) var step = 0
  /// Bytes that the seeder sends in a step.
  private let rate: Int
  /// Pieces that a peer can pass on in a step, once in so many steps.
  private let exchangeEvery: Int
  private let count: Int
  private let isSuperSeeding: Bool
  private var random: SeededGenerator
  private let start = ContinuousClock.now

  init(pieces: Int, rate: Int, exchangeEvery: Int, isSuperSeeding: Bool, seed: UInt64) {
    (count, self.rate, self.exchangeEvery, self.isSuperSeeding) = (pieces, rate, exchangeEvery, isSuperSeeding)
    random = SeededGenerator(seed: seed)
    seeder = SuperSeeder(pieceLength: Self.pieceLength, start: Int(seed) % pieces)
    availability = PieceAvailability(ours: Bitfield(count: pieces, filled: true))
  }

  var now: ContinuousClock.Instant { start + .milliseconds(100 * step) }
  var copies: Double { Double(uploaded) / Double(count * Self.pieceLength) }
  var copiesForOne: Double? { uploadedForOneCopy.map { Double($0) / Double(count * Self.pieceLength) } }
  var isDone: Bool { peers.values.allSatisfy { $0.finished != nil } }

  mutating func join(_ number: UInt64, shares: Bool = true, unwanted: Set<Int> = []) {
    let isHeldBack = isSuperSeeding && seeder.join(number, availability, now: now)
    peers[number] = Peer(
      held: Bitfield(count: count), announced: Bitfield(count: count, filled: !isHeldBack), isSuperSeeded: isHeldBack, shares: shares,
      unwanted: unwanted)
  }

  mutating func leave(_ number: UInt64) {
    guard let peer = peers.removeValue(forKey: number) else { return }
    availability.remove(peer.held)
    seeder.leave(number)
  }

  /// Runs until everybody is done, at most so many steps.
  mutating func run(steps: Int) {
    for _ in 0..<steps where !isDone { advance() }
  }

  mutating func advance() {
    step += 1
    for number in peers.keys.sorted() {
      guard let peer = peers[number], peer.fetching == nil else { continue }
      choose(number)
    }
    upload()
    exchange()
    for number in peers.keys.sorted() where step.isMultiple(of: 10) { reveal(number) }
  }

  // MARK: The seeder

  private mutating func reveal(_ number: UInt64) {
    guard let peer = peers[number], peer.isSuperSeeded else { return }
    let isInterested = peer.announced.without(peer.held).pieces.contains { !peer.unwanted.contains($0) }
    let view = SuperSeeder.View(
      visible: Bitfield(count: count, filled: true), announced: peer.announced, held: peer.held, isInterested: isInterested,
      isAlone: peers.count < 2)
    switch seeder.next(for: number, view, availability, now: now) {
    case .nothing: break
    case .pieces(let pieces): for piece in pieces { peers[number]?.announced[piece] = true }
    case .everything:
      let everything = Bitfield(count: count, filled: true)
      peers[number]?.announced = everything
      peers[number]?.isSuperSeeded = false
    }
  }

  /// Those that fetch share the link evenly; the order is drawn anew in each step.
  private mutating func upload() {
    let fetching = peers.keys.sorted().filter { peers[$0]?.fetching != nil }.shuffled(using: &random)
    for number in fetching {
      guard let (piece, bytes) = peers[number]?.fetching else { continue }
      let share = min(rate / fetching.count, Self.pieceLength - bytes)
      uploaded += share
      peers[number]?.fetching = (piece, bytes + share)
      let isDue = seeder.sent(share, of: piece, to: number, now: now)
      if bytes + share >= Self.pieceLength { got(piece, number) }
      if isDue { reveal(number) }
    }
  }

  // MARK: The peers

  private mutating func choose(_ number: UInt64) {
    guard let peer = peers[number] else { return }
    let open = peer.announced.without(peer.held).pieces.filter { !peer.unwanted.contains($0) }.shuffled(using: &random)
    // Who has what, the peers see as well as we do.
    guard let piece = open.min(by: { availability[$0] < availability[$1] }) else { return }
    peers[number]?.fetching = (piece, 0)
  }

  private mutating func exchange() {
    guard step.isMultiple(of: exchangeEvery) else { return }
    for number in peers.keys.sorted().shuffled(using: &random) {
      guard let peer = peers[number], peer.shares else { continue }
      let takers = peers.keys.sorted().filter { $0 != number }.shuffled(using: &random)
      for taker in takers {
        guard let other = peers[taker], other.shares else { continue }
        let offered = peer.held.without(other.held).pieces.filter { !other.unwanted.contains($0) && other.fetching?.piece != $0 }
        guard let piece = offered.shuffled(using: &random).min(by: { availability[$0] < availability[$1] }) else { continue }
        got(piece, taker)
        break
      }
    }
  }

  private mutating func got(_ piece: Int, _ number: UInt64) {
    guard peers[number]?.held[piece] == false else { return }
    peers[number]?.held[piece] = true
    if peers[number]?.fetching?.piece == piece { peers[number]?.fetching = nil }
    if peers[number].map({ $0.held.population + $0.unwanted.count >= count }) == true { peers[number]?.finished = step }
    availability.add(piece)
    if availability.lacking == 0, uploadedForOneCopy == nil { uploadedForOneCopy = uploaded }
    for due in seeder.got(piece, number, availability) { reveal(due) }
  }
}
