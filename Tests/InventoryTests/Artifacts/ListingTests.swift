import Metainfo
import Testing

@testable import Inventory

struct ListingTests {
  private let database: InventoryDatabase

  init() throws {
    database = try InventoryDatabase.inMemory()
    for number in 1...4 {
      let torrent = try Made.torrent("artifact-\(number)", v1: Made.hash(number), files: number - 1)
      let labels = ["parity": number.isMultiple(of: 2) ? "even" : "odd", "number": "\(number)"]
      try database.add(Made.artifact(torrent, labels: labels), at: .noon)
    }
    try database.setState(.paused, reason: "on request", of: ArtifactID(rawValue: 2), at: .noon)
  }

  private func names(_ filter: ArtifactFilter) throws -> [String] { try database.artifacts(filter).map(\.name) }

  @Test func `A list is restricted by states and by labels together`() throws {
    #expect(try names(.all) == ["artifact-1", "artifact-2", "artifact-3", "artifact-4"])
    #expect(try names(ArtifactFilter(states: [.paused, .failed])) == ["artifact-2"])
    #expect(try names(ArtifactFilter(states: [])) == [])
    #expect(try names(ArtifactFilter(labels: ["parity": "even"])) == ["artifact-2", "artifact-4"])
    #expect(try names(ArtifactFilter(states: [.ready], labels: ["parity": "even", "number": "4"])) == ["artifact-4"])
    #expect(try names(ArtifactFilter(labels: ["parity": "even", "number": "1"])) == [])
    #expect(try database.artifacts(ArtifactFilter(labels: ["number": "3"])).first?.labels == ["parity": "odd", "number": "3"])
  }

  @Test func `One pass gives each artifact with its own labels, files and evidence`() throws {
    // A gap in the ids, and an artifact without evidence, must not shift what follows.
    try database.remove(ArtifactID(rawValue: 3))
    try database.record(Verification(identities: [:], evidence: nil, state: .changed), of: ArtifactID(rawValue: 2), at: .noon)
    var holdings: [Holding] = []
    try database.forEachHolding { holding in
      holdings.append(holding)
      return true
    }
    #expect(holdings.map(\.artifact) == (try database.artifacts()))
    #expect(holdings.map(\.files.count) == [0, 1, 3])
    #expect(holdings.map { $0.evidence?.pieces.count } == [0, nil, 9])
    for holding in holdings { #expect(try database.holding(of: holding.artifact.id) == holding) }
  }

  @Test func `The pass ends when it is told to, and is restricted like a list`() throws {
    var names: [String] = []
    try database.forEachHolding(ArtifactFilter(labels: ["parity": "odd"])) { holding in
      names.append(holding.artifact.name)
      return false
    }
    #expect(names == ["artifact-1"])
    try database.forEachHolding(ArtifactFilter(states: [.paused])) { holding in
      names.append(holding.artifact.name)
      return true
    }
    #expect(names == ["artifact-1", "artifact-2"])
  }

  @Test func `Counts add up`() throws {
    try database.record([
      Made.delta(artifact: ArtifactID(rawValue: 1), bytes: 10, blocks: 2), Made.delta("b", artifact: ArtifactID(rawValue: 1), bytes: 5),
    ])
    try database.append([Made.refusal(0)], mergingWithin: .zero)
    #expect(
      try database.counts()
        == InventoryCounts(artifacts: [.ready: 3, .paused: 1], size: 240_000, principals: 2, bytes: 15, blocks: 3, journalRows: 1))
  }
}
