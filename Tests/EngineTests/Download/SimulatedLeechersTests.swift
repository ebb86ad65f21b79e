import TestSupport
import Testing

@testable import Engine

struct SimulatedLeechersTests {
  @Test(arguments: [false, true], 1...4 as ClosedRange<UInt64>)
  func aSwarmIsDoneInLessThanTwiceTheFluidBoundAndTwoCopiesOfTheSeeds(wholePieces: Bool, seed: UInt64) {
    var swarm = SimulatedLeechers(leechers: 12, pieces: 60, blocks: 8, rate: 8, wholePieces: wholePieces, seed: seed)
    swarm.run(steps: 2_000)
    #expect(swarm.isDone)
    #expect(swarm.faults == [])
    #expect(Double(swarm.step) < 2 * swarm.bound, "\(swarm.step) steps, bound \(swarm.bound)")
    #expect(swarm.seedCopies < 2, "\(swarm.seedCopies) copies")
    #expect(swarm.duplicates < swarm.pickers.count * swarm.blockCount / 50, "\(swarm.duplicates) blocks came twice")
  }
}
