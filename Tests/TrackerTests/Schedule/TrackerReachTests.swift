import Testing
import Tracker

@Suite struct TrackerReachTests {
  private let dead = "http://dead:80"
  private let answer = Result<AnnounceResponse, TrackerError>.success(AnnounceResponse())
  private let silence = Result<AnnounceResponse, TrackerError>.failure(.unreachable("no route"))

  private func outOfReach() -> TrackerReach {
    var reach = TrackerReach()
    for _ in 0..<TrackerReach.patience { reach.note(dead, silence, now: .zero) }
    return reach
  }

  @Test func `some failures in a row close the way to a tracker, and to no other`() {
    var reach = TrackerReach()
    for _ in 1..<TrackerReach.patience {
      reach.note(dead, silence, now: .zero)
      #expect(reach.way(to: dead, now: .zero) == .open)
    }
    reach.note(dead, silence, now: .seconds(1))
    #expect(reach.way(to: dead, now: .seconds(1)) == .closed(from: .seconds(11), to: .seconds(21), .unreachable("no route")))
    #expect(reach.way(to: "http://alive:80", now: .seconds(1)) == .open)
  }

  @Test func `when it is time one tries, and the others wait for its end`() {
    var reach = outOfReach()
    #expect(reach.way(to: dead, now: .seconds(10)) == .open)
    #expect(reach.way(to: dead, now: .seconds(10)) == .closed(from: .seconds(20), to: .seconds(30), .unreachable("no route")))
    reach.note(dead, answer, now: .seconds(11))
    for _ in 0..<3 { #expect(reach.way(to: dead, now: .seconds(11)) == .open) }
  }

  @Test func `each that tries in vain doubles the pause, up to five minutes`() {
    var reach = outOfReach()
    var (now, pauses) = (Duration.seconds(10), [Duration]())
    for _ in 0..<7 {
      #expect(reach.way(to: dead, now: now) == .open)
      reach.note(dead, .failure(.timedOut), now: now)
      guard case .closed(let from, _, .timedOut) = reach.way(to: dead, now: now) else {
        Issue.record("the way is open")
        return
      }
      pauses.append(from - now)
      now = from
    }
    #expect(pauses == [20, 40, 80, 160, 300, 300, 300].map { .seconds($0) })
  }

  @Test func `those that were under way when it went out of reach change nothing`() {
    var reach = outOfReach()
    for _ in 0..<50 { reach.note(dead, silence, now: .seconds(5)) }
    #expect(reach.way(to: dead, now: .seconds(9)) == .closed(from: .seconds(10), to: .seconds(20), .unreachable("no route")))
    #expect(reach.way(to: dead, now: .seconds(10)) == .open)
  }

  @Test(arguments: [TrackerError.badStatus(503), .refused(reason: "go", retry: nil), .malformed(place: "a", problem: "b")])
  func `any answer shows that the tracker is there`(error: TrackerError) {
    var reach = outOfReach()
    reach.note(dead, .failure(error), now: .seconds(1))
    #expect(reach.way(to: dead, now: .seconds(1)) == .open)
  }

  @Test func `one that tries and is called off, or never ends, is followed by another`() {
    var reach = outOfReach()
    #expect(reach.way(to: dead, now: .seconds(10)) == .open)
    reach.note(dead, .failure(.cancelled), now: .seconds(12))
    #expect(reach.way(to: dead, now: .seconds(12)) == .open)
    #expect(reach.way(to: dead, now: .seconds(191)) != .open)
    #expect(reach.way(to: dead, now: .seconds(192)) == .open)
  }
}
