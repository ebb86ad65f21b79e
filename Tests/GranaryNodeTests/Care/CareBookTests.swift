import Inventory
import Settings
import TestSupport
import Testing

@testable import GranaryNode

struct CareBookTests {
  private let start = ContinuousClock.now
  private let one = ArtifactID(rawValue: 1)

  private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test func whatLooksAsItsEvidenceSaysIsServedAgainUnread() {
    var book = CareBook()
    #expect(book.add(one, now: at(0)) && !book.add(one, now: at(0)) && book.count == 1)
    #expect(book.due(now: at(0), limit: 5) == [one])
    #expect(book.looked(one, .asEvidence(isEnough: true), now: at(0)) == .restore)
    book.remove(one)
    #expect(book.count == 0 && book.looked(one, .asEvidence(isEnough: true), now: at(1)) == .wait)
  }

  @Test func whatChangedIsReadOnceItStaysAsItIs() {
    var book = CareBook()
    book.add(one, now: at(0))
    #expect(book.looked(one, .differs(1), now: at(0)) == .wait)
    #expect(book.due(now: at(0.9), limit: 5) == [] && book.due(now: at(1), limit: 5) == [one])
    #expect(book.looked(one, .differs(2), now: at(1)) == .wait)
    #expect(book.looked(one, .differs(2), now: at(2)) == .verify)
    // While it is read it is not looked at.
    #expect(book.due(now: at(1_000), limit: 5) == [])
  }

  @Test func whatHasNotChangedForLongIsReadAtTheFirstLook() {
    var book = CareBook()
    book.add(one, now: at(0))
    #expect(book.looked(one, .differs(1), isSettled: true, now: at(0)) == .verify)
    book.foundWanting(one, mustRead: false, now: at(1))
    // Not again as long as it looks the same, and what a disk refused still waits for the second look.
    #expect(book.looked(one, .differs(1), isSettled: true, now: at(2)) == .wait)
    let other = ArtifactID(rawValue: 2)
    book.add(other, mustRead: true, now: at(0))
    #expect(book.looked(other, .asEvidence(isEnough: true), isSettled: true, now: at(0)) == .wait)
    #expect(book.looked(other, .gone, isSettled: true, now: at(1)) == .wait)
  }

  @Test func whatNobodyKnowsYetIsUndecided() {
    var book = CareBook()
    book.add(one, now: at(0))
    #expect(book.undecided == 1, "it was not looked at")
    _ = book.looked(one, .differs(1), now: at(0))
    #expect(book.undecided == 1)
    #expect(book.looked(one, .differs(1), now: at(1)) == .verify)
    #expect(book.undecided == 1, "it is being read")
    book.foundWanting(one, mustRead: false, now: at(2))
    #expect(book.undecided == 0)
    _ = book.looked(one, .differs(2), now: at(3))
    #expect(book.undecided == 1)
    for sight in [CareBook.Sight.gone, .beingWritten, .asEvidence(isEnough: false)] {
      _ = book.looked(one, sight, now: at(4))
      #expect(book.undecided == 0)
    }
    book.remove(one)
    #expect(book.undecided == 0)
  }

  @Test func whatWasFoundWantingIsNotReadAgainBeforeItLooksOtherwise() {
    var book = CareBook()
    book.add(one, now: at(0))
    _ = book.looked(one, .differs(1), now: at(0))
    #expect(book.looked(one, .differs(1), now: at(1)) == .verify)
    book.foundWanting(one, mustRead: false, now: at(2))
    for second in 3..<20 { #expect(book.looked(one, .differs(1), now: at(Double(second))) == .wait) }
    #expect(book.looked(one, .differs(2), now: at(30)) == .wait)
    #expect(book.looked(one, .differs(2), now: at(31)) == .verify)
  }

  @Test func aDiskThatRefusesIsTriedAgainThoughNothingLooksOtherwise() {
    var book = CareBook()
    book.add(one, mustRead: true, now: at(0))
    let sight = CareBook.Sight.asEvidence(isEnough: true)
    #expect(book.looked(one, sight, now: at(0)) == .wait)
    #expect(book.looked(one, sight, now: at(1)) == .verify)
    book.foundWanting(one, mustRead: true, now: at(2))
    var steps: [CareBook.Step] = []
    for second in 3..<6 { steps.append(book.looked(one, sight, now: at(Double(second)))) }
    #expect(steps.contains(.verify))
  }

  @Test func aVerificationThatCouldNotBeStoredIsRepeatedAfterAPause() {
    var book = CareBook()
    book.add(one, isVerifying: true, now: at(0))
    #expect(book.due(now: at(100), limit: 1) == [])
    book.putOff(one, now: at(100))
    #expect(book.due(now: at(101), limit: 1) == [] && book.due(now: at(102), limit: 1) == [one])
    let sight = CareBook.Sight.asEvidence(isEnough: true)
    #expect(book.looked(one, sight, now: at(102)) == .wait)
    #expect(book.looked(one, sight, now: at(103)) == .verify)
    book.putOff(one, now: at(104))
    #expect(book.due(now: at(107), limit: 1) == [] && book.due(now: at(108), limit: 1) == [one])
  }

  @Test func whatIsGoneOrBeingWrittenWaits() {
    var book = CareBook()
    book.add(one, wasWritten: true, now: at(0))
    #expect(book.wasWritten(one))
    for second in 0..<10 { #expect(book.looked(one, .beingWritten, now: at(Double(second))) == .wait) }
    for second in 10..<20 { #expect(book.looked(one, .gone, now: at(Double(second))) == .wait) }
    #expect(book.looked(one, .asEvidence(isEnough: false), now: at(21)) == .wait)
    #expect(book.looked(one, .asEvidence(isEnough: true), now: at(22)) == .restore)
  }

  @Test func looksBecomeRareWhileNothingChangesAndNeverStop() {
    var book = CareBook()
    book.add(one, now: at(0))
    var (now, looks) = (start, 0)
    while now < start + .seconds(3_600) {
      if !book.due(now: now, limit: 1).isEmpty {
        _ = book.looked(one, .gone, now: now)
        looks += 1
      }
      now += .seconds(1)
    }
    #expect((15...25).contains(looks), "\(looks)")
    #expect(CareBook.pause(after: 0) == .seconds(1) && CareBook.pause(after: .max) == .seconds(300))
    // Something moves: seconds again.
    _ = book.looked(one, .differs(5), now: now)
    #expect(book.due(now: now + .seconds(1), limit: 1) == [one])
  }

  @Test func theOnesThatWaitLongestComeFirstAndNoMoreThanAsked() {
    var book = CareBook()
    for id in 1...100 { book.add(ArtifactID(rawValue: Int64(id)), now: at(Double(100 - id))) }
    #expect(book.due(now: at(1_000), limit: 3).map(\.rawValue) == [100, 99, 98])
  }

  @Test func anOperatorsWordMakesHaste() {
    var book = CareBook()
    book.add(one, now: at(0))
    for second in 0..<5 { _ = book.looked(one, .gone, now: at(Double(second))) }
    #expect(book.due(now: at(5), limit: 1) == [])
    book.hurry(now: at(5))
    #expect(book.due(now: at(5), limit: 1) == [one])
  }
}

struct PatrolWalkTests {
  private let start = ContinuousClock.now

  @Test func itKeepsToItsRateHoweverOftenItIsAsked() {
    var walk = PatrolWalk()
    var (now, id) = (start, Int64(0))
    for _ in 0..<1_000 {
      for _ in 0..<walk.budget(rate: 100, now: now) {
        id += 1
        walk.passed(id, files: 1)
      }
      now += .milliseconds(10)
    }
    #expect((1_000...1_110).contains(walk.looked), "\(walk.looked)")
    #expect(walk.position == id)
  }

  @Test func anArtifactOfManyFilesTakesManyArtifactsTime() {
    var walk = PatrolWalk(position: 7)
    #expect(walk.budget(rate: 100, now: start) == 100)
    walk.passed(8, files: 100_000)
    #expect(walk.budget(rate: 100, now: start + .seconds(30)) == 0)
    #expect(walk.budget(rate: 100, now: start + .seconds(65)) > 0)
  }

  @Test func itRestsBetweenRoundsAndDoesNotSaveUpForLater() {
    var walk = PatrolWalk()
    #expect(walk.budget(rate: 10, now: start) == 10)
    walk.passed(3, files: 1)
    walk.wrap(now: start)
    #expect(walk.position == 0 && walk.rounds == 1)
    #expect(walk.budget(rate: 10, now: start + .seconds(9)) == 0)
    #expect(walk.budget(rate: 10, now: start + .seconds(3_600)) == 10)
  }
}

struct OutageNewsTests {
  private let start = ContinuousClock.now

  @Test func fewAreNamedAndTenThousandAreOneSentence() {
    var news = OutageNews()
    let named = (0..<10_000).count { news.add(.out, name: "a\($0)", reason: "no such file", now: start) }
    #expect(named == 10)
    #expect(news.take(now: start + .seconds(29)) == [])
    let summary = OutageNews.Summary(kind: .out, count: 9_990, name: "a9999", reason: "no such file")
    #expect(news.take(now: start + .seconds(30)) == [summary])
    #expect(news.take(now: start + .seconds(60)) == [])
    let isNamedAgain = news.add(.out, name: "b", reason: "", now: start + .seconds(61))
    #expect(isNamedAgain)
  }

  @Test func comingBackIsCountedApart() {
    var news = OutageNews()
    for index in 0..<11 { _ = news.add(.out, name: "\(index)", reason: "", now: start) }
    let isNamed = news.add(.back, name: "x", reason: "", now: start)
    #expect(isNamed)
    #expect(news.take(now: start + .seconds(31)).map(\.count) == [1])
  }
}

struct ScrubScheduleTests {
  @Test func whatCameToNothingWaitsLongerEachTimeAndOthersDoNot() {
    var delays = ScrubDelays()
    let (start, id) = (ContinuousClock.now, ArtifactID(rawValue: 1))
    delays.note(id, succeeded: false, now: start)
    #expect(delays.delayed(now: start + .seconds(59)) == [id] && delays.delayed(now: start + .seconds(60)) == [])
    delays.note(id, succeeded: false, now: start)
    #expect(delays.delayed(now: start + .seconds(119)) == [id])
    for _ in 0..<100 { delays.note(id, succeeded: false, now: start) }
    #expect(delays.delayed(now: start + .seconds(86_399)) == [id] && delays.delayed(now: start + .seconds(86_400)) == [])
    delays.note(id, succeeded: true, now: start)
    #expect(delays.delayed(now: start) == [])
  }

  @Test func evidenceIsDueByItsAge() {
    var scrub = Scrub()
    scrub.every = TimeSpan(milliseconds: 60_000)
    #expect(ScrubSchedule(settings: scrub).limit(now: Timestamp(seconds: 100)) == Timestamp(seconds: 40))
    scrub.every = nil
    #expect(ScrubSchedule(settings: scrub).limit(now: Timestamp(seconds: 100)) == nil)
  }

  @Test func readingIsSpreadOverTimeAndARestIsNotMadeUpFor() {
    var pace = ScrubPace()
    let start = ContinuousClock.now
    #expect(pace.delay(bytes: 1_000, rate: 1_000, now: start) == .zero)
    #expect(pace.delay(bytes: 500, rate: 1_000, now: start) == .seconds(1))
    #expect(pace.delay(bytes: 500, rate: 1_000, now: start + .milliseconds(1_500)) == .zero)
    #expect(pace.delay(bytes: 1, rate: 1_000, now: start + .seconds(100)) == .zero)
    #expect(pace.delay(bytes: 1_000, rate: 0, now: start + .seconds(100)) == .milliseconds(1))
  }
}
