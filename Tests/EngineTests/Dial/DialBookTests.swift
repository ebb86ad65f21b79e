import PluginKit
import Testing

@testable import Engine

struct DialBookTests {
  private let start = ContinuousClock.now

  private func entry(_ last: UInt8, artifact: Int64 = 1, port: UInt16 = 6_881) throws -> DialBook.Entry {
    DialBook.Entry(artifact: artifact, address: PeerAddress(ip: try #require(IPAddress(bytes: [10, 0, 0, last])), port: port))
  }

  @Test
  func anAddressIsDueAtOnceAndThenBusy() throws {
    var book = DialBook()
    #expect(book.add(try entry(1), isStatic: false, now: start))
    #expect(!book.add(try entry(1), isStatic: false, now: start))
    #expect(!book.add(try entry(2, port: 0), isStatic: true, now: start))
    #expect(book.count == 1)
    #expect(book.take(5, now: start) == [try entry(1)])
    #expect(book.take(5, now: start + .seconds(9_999)).isEmpty)
  }

  @Test
  func failuresWaitTwiceAsLongEachTimeAndATrackersAddressIsForgottenInTheEnd() throws {
    var book = DialBook()
    var now = start
    book.add(try entry(1), isStatic: false, now: now)
    for wait in [30, 60, 120, 240, 480] {
      #expect(book.take(1, now: now).count == 1)
      book.ended(try entry(1), succeeded: false, now: now)
      #expect(book.take(1, now: now + .seconds(wait - 1)).isEmpty)
      now += .seconds(wait)
    }
    #expect(book.take(1, now: now).count == 1)
    book.ended(try entry(1), succeeded: false, now: now)
    #expect(book.count == 0)
  }

  @Test
  func aStaticAddressIsTriedForGoodAtMostAnHourApart() throws {
    var book = DialBook()
    var now = start
    book.add(try entry(1), isStatic: true, now: now)
    for _ in 0..<40 {
      #expect(book.take(1, now: now).count == 1)
      book.ended(try entry(1), succeeded: false, now: now)
      now += .seconds(3_600)
    }
    #expect(book.count == 1)
  }

  @Test
  func oneConnectionsEndCountsOnce() throws {
    var book = DialBook()
    book.add(try entry(1), isStatic: false, now: start)
    _ = book.take(1, now: start)
    for _ in 0..<10 { book.ended(try entry(1), succeeded: false, now: start) }
    #expect(book.take(1, now: start + .seconds(30)).count == 1)
  }

  @Test
  func successIsFollowedByAPauseAndForgivesFailures() throws {
    var book = DialBook()
    book.add(try entry(1), isStatic: false, now: start)
    _ = book.take(1, now: start)
    book.ended(try entry(1), succeeded: true, now: start)
    #expect(book.take(1, now: start + .seconds(299)).isEmpty)
    #expect(book.take(1, now: start + .seconds(300)).count == 1)
  }

  @Test
  func ourOwnAddressIsForgottenForEveryArtifactAndNotLearnedAgain() throws {
    var book = DialBook()
    book.add(try entry(1), isStatic: true, now: start)
    book.add(try entry(1, artifact: 2), isStatic: false, now: start)
    book.add(try entry(2), isStatic: false, now: start)
    book.isOurself(try entry(1).address)
    #expect(book.count == 1)
    #expect(!book.add(try entry(1, artifact: 3), isStatic: true, now: start))
    #expect(book.take(9, now: start) == [try entry(2)])
  }

  @Test
  func oneArtifactsAddressesAreBoundedAndGoWithIt() throws {
    var book = DialBook(capacity: 2)
    #expect(book.add(try entry(1), isStatic: false, now: start))
    #expect(book.add(try entry(2), isStatic: false, now: start))
    #expect(!book.add(try entry(3), isStatic: false, now: start))
    #expect(book.add(try entry(4), isStatic: true, now: start))
    #expect(book.add(try entry(3, artifact: 2), isStatic: false, now: start))
    #expect(book.take(2, now: start).count == 2)
    book.remove(artifact: 1)
    #expect(book.count == 1)
    #expect(book.add(try entry(3), isStatic: false, now: start))
  }
}
