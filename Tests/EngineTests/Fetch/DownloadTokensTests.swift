import Metainfo
import Testing

@testable import Engine

struct DownloadTokensTests {
  private let start = ContinuousClock.now
  private let rate = Int64(10 * Block.standardLength)

  @Test func `Without a rate there is no limit`() {
    let tokens = DownloadTokens(rate: nil, now: start)
    #expect(tokens.take(1_000_000, now: start) == .blocks(1_000_000))
    tokens.set(rate: rate, now: start)
    #expect(tokens.take(1_000_000, now: start) != .blocks(1_000_000))
    tokens.set(rate: nil, now: start)
    #expect(tokens.take(1_000_000, now: start) == .blocks(1_000_000))
  }

  @Test func `Over ten seconds as much is asked for as the rate says`() {
    let tokens = DownloadTokens(rate: rate, now: start)
    var (now, blocks) = (start, 0)
    // What has gathered before is no part of it.
    while case .blocks = tokens.take(1, now: now) {}
    while now < start + .seconds(10) {
      switch tokens.take(4, now: now) {
      case .blocks(let count): blocks += count
      case .wait(let moment):
        #expect(moment > now)
        now = max(moment, now + .milliseconds(1))
      }
    }
    #expect((98...102).contains(blocks), "\(blocks)")
  }

  @Test func `What was not asked for after all may be asked for`() {
    let tokens = DownloadTokens(rate: rate, now: start)
    while case .blocks = tokens.take(1, now: start) {}
    tokens.giveBack(2, now: start)
    #expect(tokens.take(1, now: start) == .blocks(1))
  }
}
