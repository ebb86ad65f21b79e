import TestSupport
import Testing

@testable import Engine

struct DownloadChokerTests {
  private let clock = ManualClock()

  /// A choker with so many interested peers.
  private func choker(_ slots: Int?, peers: Int, seed: UInt64 = 1) -> DownloadChoker {
    var choker = DownloadChoker(slots: slots, seed: seed)
    for number in 1...UInt64(peers) { _ = choker.interest(number, isInterested: true, now: clock.now) }
    return choker
  }

  private func unchoked(_ choker: DownloadChoker, of peers: Int) -> [UInt64] { (1...UInt64(peers)).filter(choker.isUnchoked) }

  /// Lets the time pass in which each peer gives what `bytes` says.
  private func run(_ choker: inout DownloadChoker, seconds: Int, peers: Int, bytes: (UInt64) -> Int = { _ in 0 }) {
    for _ in 0..<seconds {
      for number in 1...UInt64(peers) { choker.received(bytes(number), from: number) }
      _ = choker.tick(clock.advance(by: .seconds(1)))
    }
  }

  @Test func withoutSlotsAllThatAreInterestedAreUnchoked() {
    var choker = choker(nil, peers: 50)
    #expect(unchoked(choker, of: 50).count == 50)
    #expect(choker.interest(7, isInterested: false, now: clock.now) == [.choke(7)])
    #expect(choker.hold(8, isHeld: true, now: clock.now) == [.choke(8)])
    #expect(choker.hold(8, isHeld: false, now: clock.now) == [.unchoke(8)])
    #expect(choker.pause(9, isPaused: true, now: clock.now) == [.choke(9)])
    #expect(choker.pause(9, isPaused: true, now: clock.now) == [])
  }

  @Test func thoseThatGiveMostAreServed() {
    var choker = choker(4, peers: 20)
    run(&choker, seconds: 40, peers: 20) { Int($0) * 100 }
    let served = unchoked(choker, of: 20)
    #expect(served.count == 4)
    #expect(Set(served).isSuperset(of: [18, 19, 20]))
    #expect(choker.optimisticPeer.map { served.contains($0) && $0 < 18 } == true)
  }

  @Test func luckGoesRoundEveryThirtySeconds() {
    var choker = choker(2, peers: 10)
    var lucky: [UInt64] = []
    for _ in 0..<60 {
      run(&choker, seconds: 10, peers: 10) { $0 == 10 ? 1_000 : 0 }
      choker.optimisticPeer.map { lucky.append($0) }
    }
    // The same for three decisions, then another.
    let turns = lucky.reduce(into: [(peer: UInt64, count: Int)]()) { turns, peer in
      if turns.last?.peer == peer { turns[turns.count - 1].count += 1 } else { turns.append((peer, 1)) }
    }
    #expect(turns.dropLast().allSatisfy { $0.count == 3 })
    #expect(Set(lucky).count >= 6 && !lucky.contains(10))
  }

  @Test func newcomersAreLuckyMoreOften() {
    let drawn = (1...60 as ClosedRange<UInt64>).compactMap { seed -> UInt64? in
      let clock = ManualClock()
      var choker = DownloadChoker(slots: 1, seed: seed)
      for number in 1...4 as ClosedRange<UInt64> { _ = choker.interest(number, isInterested: true, now: clock.now) }
      clock.advance(by: .seconds(600))
      _ = choker.interest(5, isInterested: true, now: clock.now)
      _ = choker.tick(clock.now)
      return choker.optimisticPeer
    }
    // Three tickets of seven, beside one of seven.
    #expect(drawn.count { $0 == 5 } > 15)
    #expect(Set(drawn).count >= 3)
  }

  @Test func whoSnubsUsLosesItsSlot() {
    var choker = choker(3, peers: 8)
    run(&choker, seconds: 20, peers: 8) { $0 == 1 ? 1_000_000 : Int($0) }
    #expect(choker.isUnchoked(1))
    choker.snub(1, isSnubbed: true)
    // It may be lucky now and then.
    run(&choker, seconds: 30, peers: 8) { Int($0) }
    #expect(!choker.isUnchoked(1) || choker.optimisticPeer == 1)
    #expect(choker.isUnchoked(8))
  }

  @Test func aFreeSlotIsTakenAtOnceAndNobodyLosesOneByThat() {
    var choker = choker(2, peers: 3)
    #expect(unchoked(choker, of: 3) == [1, 2])
    #expect(choker.remove(1, now: clock.now) == [.unchoke(3)])
    #expect(choker.interest(2, isInterested: false, now: clock.now) == [.choke(2)])
    #expect(choker.interest(2, isInterested: true, now: clock.now) == [.unchoke(2)])
    #expect(choker.interest(4, isInterested: true, now: clock.now) == [])
  }

  @Test func aPluginsPriorityGoesBeforeWhatIsGiven() {
    var choker = choker(2, peers: 6)
    _ = choker.interest(5, isInterested: true, priority: 1, now: clock.now)
    run(&choker, seconds: 20, peers: 6) { $0 == 5 ? 0 : 1_000 }
    #expect(choker.isUnchoked(5) && choker.optimisticPeer != 5)
  }

  @Test func theSeedsChokerTakesOverWithoutAFlip() {
    var choker = choker(2, peers: 4)
    _ = choker.hold(3, isHeld: true, now: clock.now)
    let (released, actions) = choker.release([1, 3, 99], now: clock.now)
    #expect(released.map(\.number) == [1, 3] && released.map(\.isHeld) == [false, true])
    #expect(actions == [.unchoke(4)])
    var seed = Choker(slots: nil)
    let taken = released.flatMap { peer in
      seed.interest(peer.number, isInterested: peer.isInterested, priority: peer.priority, now: clock.now)
        + seed.hold(peer.number, isHeld: peer.isHeld, now: clock.now)
    }
    // What was unchoked stays so.
    #expect(taken.contains(.unchoke(1)) && seed.isUnchoked(1) && !seed.isUnchoked(3))
  }

  @Test func fewerSlotsChokeThoseThatGiveLeast() {
    var choker = choker(4, peers: 4)
    for number in 1...4 as ClosedRange<UInt64> { choker.received(Int(number), from: number) }
    let actions = choker.set(slots: 2, now: clock.now)
    #expect(actions.count == 2 && choker.isUnchoked(4))
    #expect(choker.set(slots: nil, now: clock.now).count == 2)
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func whateverHappensTheSlotsAreFilledAndNotOverfilled(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let slots = Int.random(in: 1...5, using: &random)
    var choker = DownloadChoker(slots: slots, seed: seed)
    var served: Set<UInt64> = []
    var wanting: [UInt64: (interested: Bool, held: Bool, paused: Bool)] = [:]
    for _ in 0..<3_000 {
      let number = UInt64.random(in: 1...12, using: &random)
      let flag = Bool.random(using: &random)
      var actions: [Choker.Action] = []
      switch Int.random(in: 0..<7, using: &random) {
      case 0, 1:
        actions = choker.interest(number, isInterested: flag, now: clock.now)
        wanting[number, default: (false, false, false)].interested = flag
      case 2:
        actions = choker.hold(number, isHeld: flag, now: clock.now)
        wanting[number, default: (false, false, false)].held = flag
      case 3:
        actions = choker.pause(number, isPaused: flag, now: clock.now)
        wanting[number, default: (false, false, false)].paused = flag
      case 4:
        actions = choker.remove(number, now: clock.now)
        (wanting[number], served) = (nil, served.subtracting([number]))
      case 5: choker.received(Int.random(in: 0..<9_999, using: &random), from: number)
      default: actions = choker.tick(clock.advance(by: .seconds(5)))
      }
      for action in actions {
        switch action {
        case .unchoke(let number): #expect(served.insert(number).inserted)
        case .choke(let number): #expect(served.remove(number) != nil)
        }
      }
      let hungry = wanting.filter { $0.value.interested && !$0.value.held && !$0.value.paused }
      #expect(served.count == min(slots, hungry.count))
      #expect(served.allSatisfy { hungry[$0] != nil && choker.isUnchoked($0) })
    }
  }
}
