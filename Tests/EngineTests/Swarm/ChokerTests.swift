import TestSupport
import Testing

@testable import Engine

struct ChokerTests {
  private let start = ContinuousClock.now
  private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test
  func withoutSlotsWhoeverIsInterestedIsUnchoked() {
    var choker = Choker(slots: nil)
    #expect(choker.interest(1, isInterested: true, now: start) == [.unchoke(1)])
    #expect(choker.interest(1, isInterested: true, now: start) == [])
    #expect(choker.interest(2, isInterested: true, now: start) == [.unchoke(2)])
    #expect(choker.interest(1, isInterested: false, now: start) == [.choke(1)])
    #expect(choker.interest(1, isInterested: false, now: start) == [])
    #expect(choker.tick(at(100)) == [])
    #expect(choker.remove(2, now: start) == [])
  }

  @Test
  func aHeldPeerIsChokedUntilItIsLetGo() {
    var choker = Choker(slots: nil)
    #expect(choker.hold(1, isHeld: true, now: start) == [])
    #expect(choker.interest(1, isInterested: true, now: start) == [])
    #expect(choker.hold(1, isHeld: false, now: start) == [.unchoke(1)])
    #expect(choker.hold(1, isHeld: true, now: start) == [.choke(1)])
  }

  @Test
  func slotsAreGivenInTheOrderOfInterestAndFreedByThoseThatGo() {
    var choker = Choker(slots: 2)
    #expect(choker.interest(1, isInterested: true, now: at(0)) == [.unchoke(1)])
    #expect(choker.interest(2, isInterested: true, now: at(1)) == [.unchoke(2)])
    #expect(choker.interest(3, isInterested: true, now: at(2)) == [])
    #expect(choker.interest(4, isInterested: true, now: at(3)) == [])
    #expect(choker.remove(1, now: at(4)) == [.unchoke(3)])
    #expect(choker.interest(2, isInterested: false, now: at(5)) == [.choke(2), .unchoke(4)])
    #expect(choker.remove(9, now: at(6)) == [])
  }

  @Test
  func everyPeriodTheOldestYieldToThoseThatWait() {
    var choker = Choker(slots: 1)
    _ = choker.tick(at(0))
    #expect(choker.interest(1, isInterested: true, now: at(0)) == [.unchoke(1)])
    _ = choker.interest(2, isInterested: true, now: at(1))
    _ = choker.interest(3, isInterested: true, now: at(2))
    #expect(choker.tick(at(9)) == [])
    #expect(choker.tick(at(10)) == [.choke(1), .unchoke(2)])
    #expect(choker.tick(at(11)) == [])
    #expect(choker.tick(at(20)) == [.choke(2), .unchoke(3)])
    #expect(choker.tick(at(30)) == [.choke(3), .unchoke(1)])
  }

  @Test
  func nobodyYieldsWhereNobodyWaitsOrASlotIsFree() {
    var choker = Choker(slots: 2)
    _ = choker.tick(at(0))
    _ = choker.interest(1, isInterested: true, now: at(0))
    #expect(choker.tick(at(10)) == [])
    _ = choker.interest(2, isInterested: true, now: at(11))
    #expect(choker.tick(at(30)) == [])
  }

  @Test
  func aLowerPriorityGoesFirst() {
    var choker = Choker(slots: 1)
    _ = choker.interest(1, isInterested: true, now: at(0))
    _ = choker.interest(2, isInterested: true, priority: 7, now: at(1))
    _ = choker.interest(3, isInterested: true, priority: 3, now: at(2))
    #expect(choker.remove(1, now: at(3)) == [.unchoke(3)])
  }

  @Test
  func noSlotsAtAllIsNobody() {
    var choker = Choker(slots: 0)
    #expect(choker.interest(1, isInterested: true, now: start) == [])
    #expect(choker.tick(at(10)) == [])
    #expect(choker.tick(at(20)) == [])
  }

  @Test
  func otherSlotsChokeTheOldestOrLetMoreIn() {
    var choker = Choker(slots: nil)
    for peer in 1...4 { _ = choker.interest(UInt64(peer), isInterested: true, now: at(peer)) }
    #expect(choker.set(slots: 2, now: at(5)) == [.choke(1), .choke(2)])
    #expect(choker.set(slots: 2, now: at(6)) == [])
    #expect(choker.set(slots: 3, now: at(7)) == [.unchoke(1)])
    #expect(choker.set(slots: nil, now: at(8)) == [.unchoke(2)])
  }

  @Test
  func aPausedPeerIsChokedWhateverPluginsSay() {
    var choker = Choker(slots: nil)
    #expect(choker.interest(1, isInterested: true, now: start) == [.unchoke(1)])
    #expect(choker.pause(1, isPaused: true, now: start) == [.choke(1)])
    #expect(choker.hold(1, isHeld: true, now: start) == [])
    #expect(choker.hold(1, isHeld: false, now: start) == [])
    #expect(choker.pause(1, isPaused: false, now: start) == [.unchoke(1)])
    #expect(choker.pause(2, isPaused: true, now: start) == [])
    #expect(choker.interest(2, isInterested: true, now: start) == [])
  }

  @Test
  func rationedPeersShareTheSlotsAndTheOthersTakeNone() {
    var choker = Choker(slots: nil, rationsAll: false)
    for peer in 1...6 { _ = choker.interest(UInt64(peer), isInterested: true, now: at(peer)) }
    #expect(choker.ration(1...4, isRationed: true, now: at(7)) == [])
    #expect(choker.set(slots: 2, rationsAll: false, now: at(8)) == [.choke(1), .choke(2)])
    #expect(choker.interest(7, isInterested: true, now: at(9)) == [.unchoke(7)])
    #expect(choker.interest(8, isInterested: true, isRationed: true, now: at(9)) == [])
    #expect(choker.remove(3, now: at(10)) == [.unchoke(1)])
    #expect(choker.ration([1], isRationed: false, now: at(11)) == [.unchoke(2)])
    #expect(choker.set(slots: nil, rationsAll: false, now: at(12)) == [.unchoke(8)])
  }

  @Test
  func whoGoesWithoutASlotChangesNothingForTheOthers() {
    var choker = Choker(slots: 1, rationsAll: false)
    for peer in 1...4 { _ = choker.interest(UInt64(peer), isInterested: true, isRationed: peer < 4, now: at(peer)) }
    // The fourth takes none, and the third waits for one.
    #expect(choker.remove(4, now: at(5)) == [] && choker.remove(3, now: at(6)) == [])
    #expect(choker.remove(1, now: at(7)) == [.unchoke(2)])
  }

  @Test
  func whoSharesWaitsLessAndNobodyWaitsForEver() {
    var choker = Choker(slots: 1)
    _ = choker.tick(at(0))
    for peer in 1...3 { _ = choker.interest(UInt64(peer), isInterested: true, now: at(peer)) }
    choker.credit(3, merit: 2)
    #expect(choker.tick(at(11)) == [.choke(1), .unchoke(3)])
    // It would be the next again, and keeps its slot.
    #expect(choker.tick(at(21)) == [])
    #expect(choker.tick(at(31)) == [.choke(3), .unchoke(2)])
    #expect(choker.tick(at(41)) == [.choke(2), .unchoke(1)])
    #expect(choker.tick(at(51)) == [.choke(1), .unchoke(3)])
  }

  @Test
  func anyRunOfEventsKeepsTheSlotsAndNeverIdlesOne() {
    var random = SeededGenerator(seed: 5)
    var choker = Choker(slots: 3)
    var (unchoked, wanting, held): (Set<UInt64>, Set<UInt64>, Set<UInt64>) = ([], [], [])
    for step in 0..<5_000 {
      let (peer, now) = (UInt64.random(in: 0..<8, using: &random), at(step))
      var actions: [Choker.Action]
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        let isInterested = Bool.random(using: &random)
        if isInterested { wanting.insert(peer) } else { wanting.remove(peer) }
        actions = choker.interest(peer, isInterested: isInterested, now: now)
      case 2:
        let isHeld = Bool.random(using: &random)
        if isHeld { held.insert(peer) } else { held.remove(peer) }
        actions = choker.hold(peer, isHeld: isHeld, now: now)
      case 3:
        actions = choker.remove(peer, now: now)
        (wanting, held, unchoked) = (wanting.subtracting([peer]), held.subtracting([peer]), unchoked.subtracting([peer]))
      default: actions = choker.tick(now)
      }
      for action in actions {
        switch action {
        case .choke(let number): #expect(unchoked.remove(number) != nil)
        case .unchoke(let number): #expect(unchoked.insert(number).inserted)
        }
      }
      let entitled = wanting.subtracting(held)
      #expect(unchoked.isSubset(of: entitled) && unchoked.count == min(3, entitled.count))
    }
  }
}
