import Testing

@testable import Inventory

struct RunFiguresTests {
  @Test func `Only what has happened since counts`() throws {
    let database = try InventoryDatabase.inMemory()
    let (one, two) = (try database.add(Made.artifact(1), at: .noon).id, try database.add(Made.artifact(2), at: .noon).id)
    try database.record([
      Made.delta("a", artifact: one, bytes: 1, to: 5), Made.delta("a", artifact: two, bytes: 1, to: 20),
      Made.delta("b", artifact: two, bytes: 1, to: 30),
    ])
    try database.append(
      [Made.refusal(5), Made.refusal(20, address: "10.0.0.2"), Made.refusal(25, address: "10.0.0.2")], mergingWithin: .seconds(60))
    // Both were verified at noon.
    #expect(try database.runFigures(since: .noon) == RunFigures(verified: 2, artifacts: 2, principals: 2, refused: 3))
    #expect(try database.runFigures(since: .noon(plus: 10)) == RunFigures(verified: 0, artifacts: 1, principals: 2, refused: 2))
    #expect(try database.runFigures(since: .noon(plus: 30)) == RunFigures(verified: 0, artifacts: 1, principals: 1, refused: 0))
    #expect(try database.runFigures(since: .noon(plus: 31)) == RunFigures(verified: 0, artifacts: 0, principals: 0, refused: 0))
  }

  @Test func `Artifacts and their bytes are summed by state`() throws {
    let database = try InventoryDatabase.inMemory()
    #expect(try database.artifactSums().isEmpty)
    for number in 1...3 { _ = try database.add(Made.artifact(number), at: .noon) }
    let last = try database.artifacts().map(\.id).max { $0.rawValue < $1.rawValue }
    try database.setState(.failed, reason: "", of: try #require(last), at: .noon)
    #expect(try database.artifactSums() == [.ready: ArtifactSum(count: 2, size: 160_000), .failed: ArtifactSum(count: 1, size: 80_000)])
  }
}
