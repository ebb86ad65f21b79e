import Testing

@testable import Engine

struct WebSeedStandingTests {
  private let start = ContinuousClock.now

  @Test func `Who fails is left alone for a while that grows, up to five minutes, until it gives something`() {
    var standing = WebSeedStanding()
    #expect(standing.next(after: start) == start)
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
      standing.take(.failed("no answer"), now: start)
      #expect(standing.next(after: start) == start + .seconds(seconds))
    }
    #expect(standing.trouble == "no answer")
    standing.take(.given(bytes: 1, in: .seconds(1)), now: start)
    #expect(standing.next(after: start) == start && standing.trouble == nil)
    standing.take(.failed("again"), now: start)
    #expect(standing.next(after: start) == start + .seconds(1))
  }

  @Test(arguments: [(0, 1), (30, 30), (100_000, 300)])
  func `Who is busy is left alone for as long as it asks, within bounds`(asked: Int, given: Int) {
    var standing = WebSeedStanding()
    standing.take(.busy(.seconds(asked), "busy"), now: start)
    #expect(standing.next(after: start) == start + .seconds(given))
    #expect(standing.next(after: start + .seconds(1000)) == start + .seconds(1000))
  }

  @Test func `Who has something else is never asked again`() {
    var standing = WebSeedStanding()
    standing.take(.unfit("another file"), now: start)
    #expect(standing.next(after: start + .seconds(1_000_000)) == nil && standing.end == "another file")
  }

  @Test func `What is asked for at once follows the seed's speed`() {
    var standing = WebSeedStanding()
    var portions = [standing.portion]
    for _ in 0..<6 {
      standing.take(.given(bytes: standing.portion, in: .milliseconds(100)), now: start)
      portions.append(standing.portion)
    }
    #expect(portions == [256, 512, 1024, 2048, 4096, 4096, 4096].map { $0 << 10 })
    // A short answer says nothing of its speed.
    var other = WebSeedStanding()
    other.take(.given(bytes: 1, in: .milliseconds(1)), now: start)
    #expect(other.portion == 256 << 10)
    for _ in 0..<6 { standing.take(.given(bytes: standing.portion, in: .seconds(20)), now: start) }
    #expect(standing.portion == 256 << 10)
  }
}
