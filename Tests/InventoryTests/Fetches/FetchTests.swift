import Metainfo
import Testing

@testable import Inventory

struct FetchTests {
  private func data(_ state: ArtifactState, _ evidence: Evidence? = nil) -> ArtifactData {
    ArtifactData(dataRoot: "/data", torrentPath: nil, files: [], evidence: evidence, state: state)
  }

  private func add(_ number: Int, to database: InventoryDatabase, files: [Int]? = nil, at now: Timestamp = .noon) throws -> Artifact {
    let torrent = try Made.torrent("app-\(number)", v1: Made.hash(number))
    let new = NewArtifact(torrent: torrent, torrentBytes: [1], name: torrent.name, data: data(.fetching), labels: ["tier": "a"])
    return try database.addFetch(new, files: files, peers: ["10.0.0.1:6881"], at: now)
  }

  @Test func `What is being fetched is remembered, the oldest first`() throws {
    let database = try InventoryDatabase.inMemory()
    let two = try add(2, to: database, files: [0, 2], at: .noon(plus: 1))
    let one = try add(1, to: database)
    #expect(one.state == .fetching && one.labels == ["tier": "a"])
    let peers = ["10.0.0.1:6881"]
    #expect(
      try database.fetches() == [
        StoredFetch(artifact: one.id, files: nil, peers: peers), StoredFetch(artifact: two.id, files: [0, 2], peers: peers),
      ])
    try database.setPeers(["[::1]:1"], ofFetch: two.id)
    #expect(try database.fetch(of: two.id)?.peers == ["[::1]:1"])
  }

  @Test func `What is at its end is no fetch any more`() throws {
    let database = try InventoryDatabase.inMemory()
    let artifact = try add(1, to: database)
    let torrent = try Made.torrent("app-1", v1: Made.hash(1))
    let ready = try database.finishFetch(artifact.id, with: data(.ready, Made.evidence(of: torrent)), at: .noon(plus: 5))
    #expect(ready.state == .ready && ready.verifiedPieces == ready.pieceCount)
    #expect(try database.fetch(of: artifact.id) == nil)
    #expect(try database.fetches().isEmpty)
  }

  @Test func `One that has failed is not gone on with by itself, and is still known`() throws {
    let database = try InventoryDatabase.inMemory()
    let artifact = try add(1, to: database)
    try database.setState(.failed, reason: "no disk", of: artifact.id, at: .noon)
    #expect(try database.fetches().isEmpty)
    #expect(try database.fetch(of: artifact.id) != nil)
    #expect(try database.haltedFetches() == [artifact.id])
  }

  @Test(arguments: [
    (ArtifactState.fetching, false), (.paused, false), (.verifying, false), (.failed, true), (.missing, true), (.changed, true),
  ])
  func `What nobody goes on with has come to a halt, whatever care has made of its state`(state: ArtifactState, isHalted: Bool) throws {
    let database = try InventoryDatabase.inMemory()
    let artifact = try add(1, to: database)
    try database.setState(state, reason: "", of: artifact.id, at: .noon)
    #expect(try database.haltedFetches().contains(artifact.id) == isHalted)
  }

  @Test func `It goes with its artifact, and is added with it or not at all`() throws {
    let database = try InventoryDatabase.inMemory()
    let artifact = try add(1, to: database)
    #expect(throws: InventoryError.self) { try add(1, to: database) }
    #expect(try database.rows("SELECT COUNT(*) FROM fetches") == [["1"]])
    try database.remove(artifact.id)
    #expect(try database.rows("SELECT COUNT(*) FROM fetches") == [["0"]])
  }
}
