import Metainfo
import TestSupport
import Testing

@testable import Engine

struct SuperSeederTests {
  private let start = ContinuousClock.now
  private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }
  private static let count = 8
  private static let all = Bitfield(count: count, filled: true)
  private static let none = Bitfield(count: count)

  private func set(_ pieces: Int...) -> Bitfield {
    var set = Self.none
    for piece in pieces { set[piece] = true }
    return set
  }

  private func view(
    _ announced: Bitfield = none, held: Bitfield = none, visible: Bitfield = all, isInterested: Bool = true, isChoked: Bool = false,
    isAlone: Bool = false
  ) -> SuperSeeder.View {
    SuperSeeder.View(
      visible: visible, announced: announced, held: held, isInterested: isInterested, isChoked: isChoked, isAlone: isAlone)
  }

  /// Pieces of 1 MiB: two at a time.
  private func seeder(_ peers: UInt64..., availability: PieceAvailability) -> SuperSeeder {
    var seeder = SuperSeeder(pieceLength: 1 << 20, start: 0)
    for peer in peers { #expect(seeder.join(peer, availability, now: start) == true) }
    return seeder
  }

  @Test
  func eachPeerIsToldOfPiecesThatNobodyElseWasToldOf() {
    let availability = PieceAvailability(ours: Self.all)
    var seeder = seeder(1, 2, availability: availability)
    #expect(seeder.next(for: 1, view(), availability, now: at(0)) == .pieces([0, 1]))
    #expect(seeder.next(for: 2, view(), availability, now: at(0)) == .pieces([2, 3]))
    #expect(seeder.next(for: 1, view(set(0, 1)), availability, now: at(1)) == .nothing)
  }

  @Test
  func halfAPieceSentMakesRoomForTheNext() {
    let availability = PieceAvailability(ours: Self.all)
    var seeder = seeder(1, 2, availability: availability)
    #expect(seeder.next(for: 1, view(), availability, now: at(0)) == .pieces([0, 1]))
    #expect(seeder.sent((1 << 19) - 1, of: 0, to: 1, now: at(0)) == false)
    #expect(seeder.sent(1 << 19, of: 7, to: 1, now: at(0)) == false)
    #expect(seeder.sent(1, of: 0, to: 1, now: at(0)) == true)
    #expect(seeder.sent(1, of: 0, to: 1, now: at(0)) == false)
    #expect(seeder.next(for: 1, view(set(0, 1)), availability, now: at(0)) == .pieces([2]))
  }

  @Test
  func whoPassesNothingOnWaitsAndIsNotStarved() {
    var availability = PieceAvailability(ours: Self.all)
    var seeder = seeder(1, 2, availability: availability)
    var told = Self.none
    // Two depths of pieces that nobody has from it are its credit.
    while case .pieces(let pieces) = seeder.next(for: 1, view(told), availability, now: at(0)) {
      for piece in pieces {
        told[piece] = true
        _ = seeder.sent(1 << 20, of: piece, to: 1, now: at(0))
        availability.add(piece)
        #expect(seeder.got(piece, 1, availability) == [1])
      }
    }
    #expect(told.population == 4)
    #expect(seeder.merit(of: 1) == 0)
    #expect(seeder.next(for: 1, view(told, held: told), availability, now: at(9)) == .nothing)
    #expect(seeder.next(for: 1, view(told, held: told), availability, now: at(10)) == .pieces([4]))
  }

  @Test
  func aPieceSeenAtSomebodyElseIsTheProof() {
    var availability = PieceAvailability(ours: Self.all)
    var seeder = seeder(1, 2, availability: availability)
    #expect(seeder.next(for: 1, view(), availability, now: at(0)) == .pieces([0, 1]))
    _ = seeder.sent(1 << 20, of: 0, to: 1, now: at(0))
    availability.add(0)
    _ = seeder.got(0, 1, availability)
    availability.add(0)
    #expect(seeder.got(0, 2, availability) == [1])
    #expect(seeder.merit(of: 1) == 4 && seeder.merit(of: 2) == 0)
    #expect(seeder.got(0, 3, availability) == [])
  }

  @Test
  func onlyWhatIsGrantedIsRevealed() {
    let availability = PieceAvailability(ours: Self.all)
    var seeder = seeder(1, 2, availability: availability)
    #expect(seeder.next(for: 1, view(visible: set(3, 5)), availability, now: at(0)) == .pieces([3, 5]))
    // The other may have nothing else, and it is on its way to the first one.
    #expect(seeder.next(for: 2, view(visible: set(3)), availability, now: at(0)) == .nothing)
    #expect(seeder.next(for: 2, view(visible: set(3)), availability, now: at(10)) == .pieces([3]))
    #expect(seeder.next(for: 2, view(set(3), held: set(3), visible: set(3)), availability, now: at(11)) == .everything)
  }

  @Test
  func whereEveryPieceWasGivenTheOneThatFewestWereToldOfIsGivenAgain() {
    let availability = PieceAvailability(ours: set(2, 3, 5))
    var seeder = seeder(1, 2, 3, availability: availability)
    let visible = set(2, 3, 5)
    #expect(seeder.next(for: 1, view(visible: visible), availability, now: at(0)) == .pieces([2, 3]))
    #expect(seeder.next(for: 2, view(visible: visible), availability, now: at(0)) == .pieces([5]))
    // Everything is on its way to one peer, and the search goes on where it left off: at the sixth piece, and round.
    #expect(seeder.next(for: 3, view(visible: visible), availability, now: at(10)) == .pieces([2]))
    #expect(seeder.next(for: 2, view(set(5), visible: visible), availability, now: at(10)) == .nothing)
    _ = seeder.sent(1 << 20, of: 5, to: 2, now: at(0))
    #expect(seeder.next(for: 2, view(set(5), visible: visible), availability, now: at(11)) == .pieces([3]))
    // What it was told of already is not given again.
    #expect(seeder.next(for: 3, view(visible, visible: visible), availability, now: at(12)) == .everything)
  }

  @Test
  func whatASwarmHasWithoutUsIsHeldBackFromNobody() {
    var availability = PieceAvailability(ours: Self.all)
    var seeder = seeder(1, 2, availability: availability)
    availability.add(Self.all)
    #expect(seeder.next(for: 1, view(), availability, now: at(0)) == .everything)
    #expect(seeder.join(3, availability, now: at(0)) == false)
    #expect(seeder.next(for: 3, view(), availability, now: at(0)) == .everything)
  }

  @Test
  func whoIsAloneIsToldOfEverythingBeforeLong() {
    let availability = PieceAvailability(ours: Self.all)
    var seeder = seeder(1, availability: availability)
    #expect(seeder.next(for: 1, view(isAlone: true), availability, now: at(0)) == .pieces([0, 1, 2, 3, 4, 5, 6, 7]))
    #expect(seeder.next(for: 1, view(set(0), isAlone: true), availability, now: at(9)) != .everything)
    #expect(seeder.next(for: 1, view(set(0), isAlone: true), availability, now: at(10)) == .everything)
    #expect(seeder.count == 0)
  }

  @Test
  func aPeerThatGoesGivesBackWhatItWasTold() {
    let availability = PieceAvailability(ours: set(0, 1))
    var seeder = seeder(1, 2, availability: availability)
    #expect(seeder.next(for: 1, view(visible: set(0, 1)), availability, now: at(0)) == .pieces([0, 1]))
    #expect(seeder.next(for: 2, view(visible: set(0, 1)), availability, now: at(0)) == .nothing)
    seeder.leave(1)
    #expect(seeder.next(for: 2, view(visible: set(0, 1)), availability, now: at(1)) == .pieces([0, 1]))
  }

  @Test
  func whatAPeerDoesNotWantIsGivenToOthersAndItIsToldOfMoreAndMore() {
    let ours = Bitfield(count: 100, filled: true)
    let availability = PieceAvailability(ours: ours)
    var seeder = seeder(1, 2, availability: availability)
    var (told, seconds) = (Bitfield(count: 100), 0)
    let none = Bitfield(count: 100)
    while told.population < 100, seconds < 100 {
      let answer = seeder.next(for: 1, view(told, held: none, visible: ours, isInterested: false), availability, now: at(seconds))
      if case .pieces(let pieces) = answer { for piece in pieces { told[piece] = true } }
      seconds += 1
    }
    #expect(seconds < 20)
    #expect(seeder.next(for: 2, view(none, held: none, visible: ours), availability, now: at(seconds)) != .nothing)
  }

  @Test
  func noMoreThanSoManyPiecesAreRevealedAtOnceHoweverBoldWeAre() {
    let (ours, none) = (Bitfield(count: 100_000, filled: true), Bitfield(count: 100_000))
    let availability = PieceAvailability(ours: ours)
    // Small pieces, of which many make half a megabyte.
    var seeder = SuperSeeder(pieceLength: 16_384, start: 0)
    #expect(seeder.join(1, availability, now: start) == true)
    var (told, most) = (none, 0)
    for second in 0..<60 {
      let answer = seeder.next(for: 1, view(told, held: none, visible: ours, isInterested: false), availability, now: at(second))
      guard case .pieces(let pieces) = answer else { continue }
      for piece in pieces { told[piece] = true }
      most = max(most, pieces.count)
      #expect((seeder.peers[1]?.gifts.count ?? 0) <= SuperSeeder.mostAtOnce)
    }
    #expect(most == SuperSeeder.mostAtOnce)
  }

  @Test
  func whoMayNotAskIsToldOfOnePieceAndOfMoreOnceItMay() {
    let availability = PieceAvailability(ours: Self.all)
    var seeder = seeder(1, 2, availability: availability)
    #expect(seeder.next(for: 1, view(isChoked: true), availability, now: at(0)) == .pieces([0]))
    #expect(seeder.next(for: 1, view(set(0), isChoked: true), availability, now: at(20)) == .nothing)
    #expect(seeder.next(for: 1, view(set(0)), availability, now: at(20)) == .pieces([1]))
  }

  @Test
  func whatMovesIsGivenToNobodyElse() {
    let availability = PieceAvailability(ours: set(0, 1))
    var seeder = seeder(1, 2, availability: availability)
    let visible = set(0, 1)
    #expect(seeder.next(for: 1, view(visible: visible), availability, now: at(0)) == .pieces([0, 1]))
    for second in 0..<30 {
      for piece in [0, 1] { _ = seeder.sent(1000, of: piece, to: 1, now: at(second)) }
      #expect(seeder.next(for: 2, view(visible: visible), availability, now: at(second)) == .nothing)
    }
    _ = seeder.sent(1000, of: 0, to: 1, now: at(35))
    #expect(seeder.next(for: 2, view(visible: visible), availability, now: at(38)) == .nothing)
    #expect(seeder.next(for: 2, view(visible: visible), availability, now: at(39)) == .pieces([1]))
  }

  @Test
  func whoIsSlowOrAsksForTheSameAgainKeepsNothingFromOthers() {
    let availability = PieceAvailability(ours: set(0, 1))
    var seeder = seeder(1, 2, availability: availability)
    let visible = set(0, 1)
    #expect(seeder.next(for: 1, view(visible: visible), availability, now: at(0)) == .pieces([0, 1]))
    for second in stride(from: 0, to: 60, by: 5) {
      _ = seeder.sent(16_384, of: 0, to: 1, now: at(second))
      // All of it was sent, and is asked for again.
      _ = seeder.sent(1 << 20, of: 1, to: 1, now: at(second))
    }
    #expect(seeder.next(for: 2, view(visible: visible), availability, now: at(14)) == .pieces([1]))
    #expect(seeder.next(for: 2, view(set(1), visible: visible), availability, now: at(59)) == .nothing)
    _ = seeder.sent(1 << 20, of: 1, to: 2, now: at(59))
    #expect(seeder.next(for: 2, view(set(1), visible: visible), availability, now: at(60)) == .pieces([0]))
  }

  @Test
  func ofManyPeersEachIsToldOfFewWhereSoFewAreLacking() {
    let (ours, none) = (Bitfield(count: 256, filled: true), Bitfield(count: 256))
    let availability = PieceAvailability(ours: ours)
    var seeder = SuperSeeder(pieceLength: 65_536, start: 0)
    for peer in UInt64(1)...30 { #expect(seeder.join(peer, availability, now: start) == true) }
    for peer in UInt64(1)...30 {
      let answer = seeder.next(for: peer, view(none, held: none, visible: ours), availability, now: at(0))
      if case .pieces(let pieces) = answer { #expect(pieces.count == 2) } else { Issue.record("\(peer): \(answer)") }
    }
    var few = SuperSeeder(pieceLength: 65_536, start: 0)
    for peer in UInt64(1)...2 { #expect(few.join(peer, availability, now: start) == true) }
    let answer = few.next(for: 1, view(none, held: none, visible: ours), availability, now: at(0))
    #expect(answer == .pieces(Array(0..<8)))
  }

  // MARK: Whole swarms

  @Test(arguments: [UInt64](1...2), [4, 16])
  func theFirstCopyCostsLittleMoreThanOneAndLessThanWithoutIt(seed: UInt64, peers: Int) throws {
    func run(_ isSuperSeeding: Bool) -> SimulatedSwarm {
      var swarm = SimulatedSwarm(pieces: 48, rate: 200_000, exchangeEvery: 1, isSuperSeeding: isSuperSeeding, seed: seed)
      for peer in 1...peers { swarm.join(UInt64(peer)) }
      swarm.run(steps: 20_000)
      return swarm
    }
    let (plain, held) = (run(false), run(true))
    #expect(plain.isDone && held.isDone)
    let (before, after) = (try #require(plain.copiesForOne), try #require(held.copiesForOne))
    #expect(after <= 1.1, "\(after) copies")
    #expect(after < before, "\(after) copies, \(before) without")
    #expect(held.copies <= plain.copies, "\(held.copies) in all, \(plain.copies) without")
    #expect(held.copies <= 1.5, "\(held.copies) in all")
  }

  @Test(arguments: [UInt64](1...3))
  func whoCannotShareWhoWantsLittleAndWhoComesLateAllFinish(seed: UInt64) {
    var swarm = SimulatedSwarm(pieces: 60, rate: 400_000, exchangeEvery: 2, isSuperSeeding: true, seed: seed)
    swarm.join(1, shares: false)
    swarm.join(2, unwanted: Set(0..<50))
    for peer in 3...6 { swarm.join(UInt64(peer)) }
    for _ in 0..<100 { swarm.advance() }
    swarm.leave(3)
    swarm.join(7)
    swarm.run(steps: 5_000)
    #expect(swarm.isDone, "\(swarm.peers.filter { $0.value.finished == nil }.keys.sorted()) after \(swarm.step) steps")
  }

  @Test(arguments: [UInt64](1...3))
  func oneThatSharesNothingAndHasNoNeighboursFinishesToo(seed: UInt64) {
    var swarm = SimulatedSwarm(pieces: 40, rate: 400_000, exchangeEvery: 2, isSuperSeeding: true, seed: seed)
    for peer in 1...3 { swarm.join(UInt64(peer), shares: false) }
    swarm.run(steps: 10_000)
    #expect(swarm.isDone)
  }
}
