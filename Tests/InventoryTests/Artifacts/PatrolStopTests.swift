import Inventory
import Metainfo
import Testing

struct PatrolStopTests {
  let database: InventoryDatabase
  let ids: [ArtifactID]

  init() throws {
    let database = try InventoryDatabase.inMemory()
    self.database = database
    ids = try (1...5).map { try database.add(Made.artifact($0), at: .noon).id }
  }

  @Test func `What is ready is read page by page`() throws {
    try database.setState(.failed, of: ids[1], at: .noon)
    #expect(try database.patrolStops(after: 0, limit: 2).map(\.id) == [ids[0], ids[2]])
    #expect(try database.patrolStops(after: ids[2].rawValue, limit: 9).map(\.id) == [ids[3], ids[4]])
    #expect(try database.patrolStops(after: ids[4].rawValue, limit: 9).isEmpty)
  }

  @Test func `A stop is what the holding says`() throws {
    let stop = try #require(try database.patrolStops(after: 0, limit: 1).first)
    let holding = try database.holding(of: stop.id)
    #expect(stop.files == holding.files && stop.files.count == 2 && stop.dataRoot == holding.artifact.dataRoot)
    #expect(stop.isWhole == holding.evidence?.pieces.isFull)
  }

  @Test func `A file of which nothing is known has no identity, and then nothing is whole`() throws {
    try database.execute(
      "UPDATE files SET device = NULL, inode = NULL, size = NULL, modified_ns = NULL, changed_ns = NULL WHERE file_index = 0")
    let stop = try #require(try database.patrolStops(after: 0, limit: 1).first)
    #expect(stop.files.map { $0.identity == nil } == [true, false] && !stop.isWhole)
  }

  @Test func `A page ends before it has too many files, but has one artifact in any case`() throws {
    #expect(try database.patrolStops(after: 0, limit: 9, files: 5).map(\.id) == [ids[0], ids[1]])
    #expect(try database.patrolStops(after: 0, limit: 9, files: 4).map(\.id) == [ids[0], ids[1]])
    #expect(try database.patrolStops(after: 0, limit: 9, files: 1).map(\.id) == [ids[0]])
  }
}
