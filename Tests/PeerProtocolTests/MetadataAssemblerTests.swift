import Metainfo
import PeerProtocol
import TestSupport
import Testing

@Suite struct MetadataAssemblerTests {
  private let clock = ManualClock()
  private let info = TorrentFixtures.content(3 * 16_384 + 100)

  private func assembler(limit: Int = 1 << 20) -> MetadataAssembler {
    MetadataAssembler(infoHash: InfoHash(v1: .hash(of: info)), limit: limit)
  }

  private func bytes(_ piece: Int, lie: Bool = false) -> [UInt8] {
    var bytes = Array(info[piece * 16_384..<min(info.count, (piece + 1) * 16_384)])
    if lie { bytes[0] ^= 1 }
    return bytes
  }

  /// Lets the peers answer in turn, the liars wrongly, until something comes of it; all that came.
  private func run(
    _ assembler: inout MetadataAssembler, _ peers: [UInt64], liars: Set<UInt64> = [], rounds: Int = 100
  ) -> [MetadataAssembler.Progress] {
    var results: [MetadataAssembler.Progress] = []
    for _ in 0..<rounds {
      for number in peers {
        guard let piece = assembler.request(for: number, now: clock.now) else { continue }
        let lie = liars.contains(number)
        let result = assembler.received(piece, totalSize: info.count, bytes(piece, lie: lie), from: number, now: clock.now)
        if result != .more { results.append(result) }
        if case .complete = result { return results }
      }
    }
    return results
  }

  @Test func severalPeersGiveThePieces() {
    var assembler = assembler()
    for number in 1...3 as ClosedRange<UInt64> { assembler.join(number, size: info.count) }
    #expect(assembler.request(for: 1, now: clock.now) == 0)
    #expect(assembler.request(for: 2, now: clock.now) == 1)
    #expect(assembler.request(for: 1, now: clock.now) == 2)
    #expect(assembler.request(for: 3, now: clock.now) == 3)
    #expect(assembler.request(for: 3, now: clock.now) == nil)
    for (piece, peer) in [(3, 3), (0, 1), (2, 1)] as [(Int, UInt64)] {
      #expect(assembler.received(piece, totalSize: info.count, bytes(piece), from: peer, now: clock.now) == .more)
    }
    // Not asked of this one.
    #expect(assembler.received(1, totalSize: info.count, bytes(1), from: 1, now: clock.now) == .more)
    #expect(assembler.received(1, totalSize: info.count, bytes(1), from: 2, now: clock.now) == .complete(info, liars: []))
  }

  @Test(arguments: [TorrentVersion.v2, .hybrid]) func theHashOfEachVersionMustBeRight(version: TorrentVersion) throws {
    let v1: SHA1Digest? = version.hasV1 ? .hash(of: info) : nil
    for (v2, isRight) in [(SHA256Digest.hash(of: info), true), (.zero, false)] {
      var assembler = MetadataAssembler(infoHash: try #require(InfoHash(v1: v1, v2: v2)))
      assembler.join(1, size: info.count)
      #expect(run(&assembler, [1]) == [isRight ? .complete(info, liars: []) : .wrong(liars: [1])])
    }
  }

  @Test func sizesThatCannotBeAreNotAskedFor() {
    for size in [0, -1, (1 << 20) + 1, .max] {
      var assembler = assembler()
      assembler.join(1, size: size)
      #expect(assembler.request(for: 1, now: clock.now) == nil)
    }
  }

  @Test func whoSentEverythingWronglyIsALiarAndIsNotAskedAgain() {
    var assembler = assembler()
    assembler.join(1, size: info.count)
    #expect(run(&assembler, [1], liars: [1]) == [.wrong(liars: [1])])
    assembler.join(1, size: info.count)
    #expect(assembler.request(for: 1, now: clock.now) == nil)
    assembler.join(2, size: info.count)
    #expect(run(&assembler, [1, 2]) == [.complete(info, liars: [])])
  }

  @Test func aLiarAmongOthersIsFoundByAskingOneAtATime() {
    var assembler = assembler()
    for number in 1...3 as ClosedRange<UInt64> { assembler.join(number, size: info.count) }
    // Mixed first, so that nobody is known to lie; then whoever asks first gives everything: here the liar, whose turn it is.
    let results = run(&assembler, [1, 2, 3], liars: [2])
    #expect(results.dropLast() == [.wrong(liars: []), .wrong(liars: [2])])
    #expect((results.last == .complete(info, liars: [2])) == true)
    var other = self.assembler()
    for number in 1...3 as ClosedRange<UInt64> { other.join(number, size: info.count) }
    // Here an honest one, and the liar is found by comparing.
    let others = run(&other, [1, 3, 2], liars: [2])
    #expect(others.dropLast() == [.wrong(liars: [])])
    #expect((others.last == .complete(info, liars: [2])) == true)
  }

  @Test func whoRejectsOrIsSilentIsLeftAloneForAWhile() {
    var assembler = assembler()
    assembler.join(1, size: info.count)
    assembler.join(2, size: info.count)
    #expect(assembler.request(for: 1, now: clock.now) == 0)
    assembler.rejected(0, from: 2, now: clock.now)
    assembler.rejected(0, from: 1, now: clock.now)
    #expect(assembler.request(for: 1, now: clock.now) == nil)
    #expect(assembler.request(for: 2, now: clock.now) == 0)
    clock.advance(by: .seconds(10))
    assembler.tick(clock.now)
    #expect(assembler.request(for: 2, now: clock.now) == nil)
    clock.advance(by: .seconds(20))
    #expect(assembler.request(for: 1, now: clock.now) == 0)
  }

  @Test func aSizeThatNobodyCanProveGivesWayToAnother() {
    var assembler = assembler()
    for number in 1...3 as ClosedRange<UInt64> { assembler.join(number, size: 100) }
    assembler.join(9, size: info.count)
    for number in 1...3 as ClosedRange<UInt64> {
      #expect(assembler.request(for: 9, now: clock.now) == nil)
      #expect(assembler.request(for: number, now: clock.now) == 0)
      let result = assembler.received(0, totalSize: 100, [UInt8](repeating: 1, count: 100), from: number, now: clock.now)
      #expect(result == .wrong(liars: [number]))
    }
    #expect(run(&assembler, [9]) == [.complete(info, liars: [])])
  }

  @Test func whoContradictsItselfIsNotBelieved() {
    var assembler = assembler()
    assembler.join(1, size: info.count)
    _ = assembler.request(for: 1, now: clock.now)
    #expect(assembler.received(0, totalSize: info.count + 1, bytes(0), from: 1, now: clock.now) == .more)
    #expect(assembler.received(0, totalSize: info.count, bytes(0), from: 1, now: clock.now) == .more)
    #expect(assembler.request(for: 1, now: clock.now) == nil)
  }

  @Test func whatAPeerThatIsGoneWasAskedForIsAskedElsewhere() {
    var assembler = assembler()
    for number in 1...2 as ClosedRange<UInt64> { assembler.join(number, size: info.count) }
    #expect(assembler.request(for: 1, now: clock.now) == 0)
    assembler.leave(1)
    #expect(assembler.request(for: 2, now: clock.now) == 0)
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func withOneHonestPeerItIsAlwaysHad(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var assembler = assembler()
    let peers = Array(1...UInt64.random(in: 2...6, using: &random))
    var there: Set<UInt64> = []
    for _ in 0..<20_000 {
      let number = peers.randomElement(using: &random) ?? 1
      if there.insert(number).inserted { assembler.join(number, size: info.count) }
      guard let piece = assembler.request(for: number, now: clock.now) else {
        clock.advance(by: .milliseconds(500))
        continue
      }
      var result = MetadataAssembler.Progress.more
      switch Int.random(in: 0..<8, using: &random) {
      case 0: assembler.rejected(piece, from: number, now: clock.now)
      case 1 where number != 1:
        assembler.leave(number)
        there.remove(number)
      case 2: break
      default:
        result = assembler.received(
          piece, totalSize: info.count, bytes(piece, lie: number != 1 && Bool.random(using: &random)), from: number, now: clock.now)
      }
      switch result {
      case .more: continue
      case .wrong(let liars): #expect(!liars.contains(1))
      case .complete(let bytes, let liars):
        #expect(bytes == info && !liars.contains(1))
        return
      }
    }
    Issue.record("the metadata never came")
  }
}
