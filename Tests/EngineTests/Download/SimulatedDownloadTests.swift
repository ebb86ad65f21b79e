import Metainfo
import TestSupport
import Testing

@testable import Engine

struct SimulatedDownloadTests {
  /// Peer 1 has everything and stays honest; the others have random parts.
  private func download(_ seed: UInt64, liars: Int) -> SimulatedDownload {
    var random = SeededGenerator(seed: seed &* 7919)
    let pieces = Int.random(in: 1...40, using: &random)
    var download = SimulatedDownload(pieces: pieces, blocks: Int.random(in: 1...12, using: &random), seed: seed)
    var reliable = SimulatedDownload.Character()
    reliable.blocksPerStep = 1...2
    download.add(1, Bitfield(count: pieces, filled: true), reliable)
    for number in 2...UInt64(Int.random(in: 3...14, using: &random)) {
      var character = SimulatedDownload.Character()
      character.isFast = Bool.random(using: &random)
      character.isLiar = number < 2 + UInt64(liars)
      character.delay = 1...Int.random(in: 1...60, using: &random)
      var bits = Bitfield(count: pieces, filled: number.isMultiple(of: 4))
      for piece in 0..<pieces where Int.random(in: 0..<3, using: &random) > 0 { bits[piece] = true }
      download.add(number, bits, character)
    }
    return download
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func whateverHonestPeersDoTheDownloadCompletes(seed: UInt64) {
    var download = download(seed, liars: 0)
    download.run(steps: 36_000)
    #expect(download.picker.isComplete, "\(download.picker.bytesLeft) bytes are left after \(download.step) steps")
    #expect(download.faults == [])
    #expect(download.accused == [] && download.failures == 0)
    // Each block once, and again only what the endgame or a peer's silence had us ask for twice.
    let blocks = (download.layout.span - 1) / Int64(Block.standardLength) + 1
    #expect(download.accepted == Int(blocks))
    #expect(download.duplicates <= download.endgameRequests + download.givenUp)
    #expect(download.picker.partialCount == 0 && download.picker.unfinished == [])
    #expect(download.peers.keys.allSatisfy { download.picker.requests(of: $0).isEmpty })
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func liarsAreFoundAndNobodyElseIs(seed: UInt64) {
    var download = download(seed, liars: 2)
    download.run(steps: 36_000)
    #expect(download.picker.isComplete, "\(download.picker.bytesLeft) bytes are left after \(download.step) steps")
    #expect(download.faults == [])
    #expect(download.accused.allSatisfy { download.peers[$0]?.character.isLiar == true })
    #expect(download.failures == 0 || !download.accused.isEmpty)
    let blocks = Int((download.layout.span - 1) / Int64(Block.standardLength) + 1)
    #expect(download.accepted == blocks + download.resets)
  }

  @Test func onePoisonerAmongTenIsFoundSoon() {
    var download = SimulatedDownload(pieces: 200, blocks: 8, seed: 11)
    for number in 1...11 as ClosedRange<PeerNumber> {
      var character = SimulatedDownload.Character()
      (character.isLiar, character.departures, character.silences) = (number == 5, 0, 0)
      download.add(number, Bitfield(count: 200, filled: true), character)
    }
    download.run(steps: 36_000)
    #expect(download.picker.isComplete && download.faults == [])
    #expect(download.accused == [5])
    #expect(download.failures <= 12)
  }
}
