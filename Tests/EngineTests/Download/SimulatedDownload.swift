import Metainfo
import TestSupport

@testable import Engine

/// One node that fetches from peers that are slow, choke, reject, fall silent, lie and go, in steps of a tenth of a second on a clock of its own.
/// It does what a connection and a writer do with picker, pipelines and judge, and notes whatever they must not do.
struct SimulatedDownload {
  struct Character {
    var isLiar = false
    var isFast = true
    /// In one of so many steps the peer changes its mind about choking.
    var moodiness = 60
    /// In one of so many answers it rejects.
    var rejects = 40
    /// In one of so many steps it falls silent for a while, or goes and comes back.
    var silences = 400
    var departures = 600
    /// Steps between a request and its block.
    var delay = 1...8
    var blocksPerStep = 1...6
  }

  struct Peer {
    var character: Character
    var pieces: Bitfield
    var pipeline: RequestPipeline
    var isChoking = true
    var silentUntil = 0
    var queue: [(block: Block, due: Int)] = []
    var withheld: [Block: ContinuousClock.Instant?] = [:]
    var allowed: Set<Int> = []
    var isThere = true
  }

  let layout: PieceLayout
  private(set) var picker: PiecePicker
  private(set) var judge: PieceJudge
  private(set) var peers: [PeerNumber: Peer] = [:]
  private(set) var step = 0
  private(set) var faults: [String] = []
  private(set) var accused: Set<PeerNumber> = []
  private(set) var accepted = 0
  private(set) var duplicates = 0
  private(set) var endgameRequests = 0
  private(set) var givenUp = 0
  private(set) var resets = 0
  private(set) var failures = 0
  private var liedBlocks: [Block: SHA256Digest] = [:]
  private var random: SeededGenerator
  private let clock = ManualClock()
  private var refused: Set<PeerNumber> = []
  /// In one of so many requests a plugin says no, for a while or for good.
  var withholds = 50

  init(pieces: Int, blocks: Int, seed: UInt64) {
    random = SeededGenerator(seed: seed)
    layout = Picking.layout(pieces, blocks: blocks)
    picker = PiecePicker(layout: layout, held: Bitfield(count: pieces), seed: seed)
    judge = PieceJudge(layout: layout, pieceLayers: nil)
  }

  mutating func add(_ number: PeerNumber, _ pieces: Bitfield, _ character: Character) {
    peers[number] = Peer(character: character, pieces: pieces, pipeline: RequestPipeline(fast: character.isFast))
    join(number)
  }

  private mutating func join(_ number: PeerNumber) {
    guard let peer = peers[number] else { return }
    picker.join(number)
    _ = picker.has(peer.pieces, number)
    guard peer.character.isFast else { return }
    for piece in peer.pieces.pieces.prefix(3) {
      picker.allowsFast(piece, number)
      peers[number]?.allowed.insert(piece)
    }
  }

  mutating func run(steps: Int) {
    for _ in 0..<steps where !picker.isComplete { advance() }
  }

  private mutating func advance() {
    step += 1
    clock.advance(by: .milliseconds(100))
    for number in peers.keys.sorted() where !refused.contains(number) {
      moods(number)
      deliver(number)
      if step.isMultiple(of: 10) { tick(number) }
      request(number)
    }
  }

  private mutating func oneIn(_ count: Int) -> Bool { count > 0 && Int.random(in: 0..<count, using: &random) == 0 }

  // MARK: Peers

  private mutating func moods(_ number: PeerNumber) {
    guard let character = peers[number]?.character, let isThere = peers[number]?.isThere else { return }
    if oneIn(isThere ? character.departures : 50) { isThere ? depart(number) : arrive(number) }
    guard peers[number]?.isThere == true else { return }
    if oneIn(character.silences) { peers[number]?.silentUntil = step + Int.random(in: 50...300, using: &random) }
    guard oneIn(peers[number]?.isChoking == true ? 10 : character.moodiness) else { return }
    peers[number]?.isChoking == true ? unchoke(number) : choke(number)
  }

  private mutating func depart(_ number: PeerNumber) {
    picker.leave(number)
    judge.leave(number)
    peers[number]?.queue = []
    peers[number]?.isThere = false
    peers[number]?.isChoking = true
  }

  private mutating func arrive(_ number: PeerNumber) {
    guard let peer = peers[number] else { return }
    peers[number]?.isThere = true
    peers[number]?.withheld = [:]
    peers[number]?.pipeline = RequestPipeline(fast: peer.character.isFast)
    join(number)
  }

  private mutating func unchoke(_ number: PeerNumber) {
    peers[number]?.isChoking = false
    peers[number]?.pipeline.unchoked(clock.now)
  }

  private mutating func choke(_ number: PeerNumber) {
    guard let peer = peers[number] else { return }
    peers[number]?.isChoking = true
    peers[number]?.pipeline.choked()
    for entry in peer.queue where !peer.character.isFast || !peer.allowed.contains(Int(entry.block.piece)) {
      if peer.character.isFast { peers[number]?.pipeline.rejected(entry.block, now: clock.now) }
      picker.release(entry.block, from: number)
    }
    peers[number]?.queue.removeAll { !peer.character.isFast || !peer.allowed.contains(Int($0.block.piece)) }
  }

  private mutating func deliver(_ number: PeerNumber) {
    guard let peer = peers[number], peer.isThere, peer.silentUntil <= step else { return }
    var room = Int.random(in: peer.character.blocksPerStep, using: &random)
    while room > 0, let next = peers[number]?.queue.first, next.due <= step {
      peers[number]?.queue.removeFirst()
      room -= 1
      if peer.character.isFast, oneIn(peer.character.rejects) {
        peers[number]?.pipeline.rejected(next.block, now: clock.now)
        picker.withhold(next.block, from: number, until: clock.now + .seconds(5))
        peers[number]?.withheld[next.block] = clock.now + .seconds(5)
      } else {
        receive(next.block, number)
      }
    }
  }

  // MARK: The node

  private mutating func receive(_ block: Block, _ number: PeerNumber) {
    peers[number]?.pipeline.arrived(block, now: clock.now)
    let receipt = picker.receive(block, from: number)
    for cancel in receipt.cancels {
      peers[cancel.peer]?.pipeline.dropped(cancel.block)
      // The peer may have sent it already.
      if !oneIn(3) { peers[cancel.peer]?.queue.removeAll { $0.block == cancel.block } }
    }
    guard receipt.standing == .accepted else {
      duplicates += 1
      return
    }
    accepted += 1
    liedBlocks[block] = peers[number]?.character.isLiar == true && oneIn(5) ? digest(block, lie: number) : nil
    if receipt.completesPiece { hash(Int(block.piece)) }
  }

  private func digest(_ block: Block, lie: PeerNumber = 0) -> SHA256Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    withUnsafeBytes(of: (block.piece, block.offset, UInt32(lie))) { bytes.replaceSubrange(0..<12, with: $0) }
    return SHA256Digest(bytes) ?? .zero
  }

  private mutating func hash(_ piece: Int) {
    guard let shape = PieceShape(piece, of: layout) else { return }
    let blocks = (0..<shape.blockCount).map(shape.block)
    let digests = blocks.map { liedBlocks[$0] ?? digest($0) }
    let givers = picker.givers(of: piece)
    if blocks.contains(where: { liedBlocks[$0] != nil }) {
      failures += 1
      resets += blocks.count
      let finding = judge.failed(piece, givers: givers, digests: digests)
      picker.failed(piece, badBlocks: finding.badBlocks)
      refuse(finding.accusations)
    } else {
      refuse(judge.needsDigests(piece) ? judge.passed(piece, digests: digests) : judge.passed(piece))
      let passed = picker.passed(piece)
      if !passed.cancels.isEmpty { faults.append("a piece that is there was still being asked for") }
    }
    for block in blocks { liedBlocks[block] = nil }
  }

  private mutating func refuse(_ accusations: [Accusation]) {
    for accusation in accusations where refused.insert(accusation.peer).inserted {
      accused.insert(accusation.peer)
      if peers[accusation.peer]?.isThere == true { depart(accusation.peer) }
    }
  }

  private mutating func tick(_ number: PeerNumber) {
    for block in peers[number]?.pipeline.tick(clock.now) ?? [] {
      picker.release(block, from: number)
      givenUp += 1
    }
  }

  private mutating func request(_ number: PeerNumber) {
    guard let peer = peers[number], peer.isThere else { return }
    let room = peer.pipeline.room(clock.now)
    guard room > 0 else { return }
    let isEndgame = picker.isEndgame
    let whole = peer.pipeline.prefersWholePieces(of: layout.pieceLength)
    let blocks = picker.pick(PickDemand(room, isChoked: peer.isChoking, prefersWholePieces: whole), for: number, now: clock.now)
    for block in blocks {
      check(block, number, peer, isEndgame)
      guard !oneIn(withholds) else {
        withhold(block, number)
        continue
      }
      peers[number]?.pipeline.sent(block, now: clock.now)
      peers[number]?.queue.append((block, step + Int.random(in: peer.character.delay, using: &random)))
    }
  }

  private mutating func withhold(_ block: Block, _ number: PeerNumber) {
    // For good only where another peer is sure to give it: the first one.
    let until: ContinuousClock.Instant? = number != 1 && oneIn(4) ? nil : clock.now + .seconds(Int.random(in: 1...20, using: &random))
    peers[number]?.withheld[block] = .some(until)
    peers[number]?.pipeline.withheld(now: clock.now)
    picker.withhold(block, from: number, until: until)
  }

  private mutating func check(_ block: Block, _ number: PeerNumber, _ peer: Peer, _ isEndgame: Bool) {
    let others = peers.filter { $0.key != number && picker.requests(of: $0.key).contains(block) }
    if isEndgame { endgameRequests += 1 }
    if !others.isEmpty, !isEndgame { faults.append("\(block) asked of two peers before the endgame") }
    if others.count >= picker.settings.endgameRequesters { faults.append("\(block) asked of \(others.count + 1) peers") }
    if !layout.contains(block) { faults.append("\(block) is none") }
    if !peer.pieces[Int(block.piece)] { faults.append("\(block) asked of one that does not have it") }
    if peer.isChoking, !peer.allowed.contains(Int(block.piece)) { faults.append("\(block) asked of one that chokes") }
    if picker.held[Int(block.piece)] { faults.append("\(block) is there") }
    if let until = peer.withheld[block], until.map({ clock.now < $0 }) ?? true { faults.append("\(block) was withheld") }
  }
}
