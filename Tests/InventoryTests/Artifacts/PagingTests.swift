import Metainfo
import Testing

@testable import Inventory

/// A page of however many artifacts.
struct PagingTests {
  private let database: InventoryDatabase

  init() throws {
    database = try InventoryDatabase.inMemory()
    for (number, name) in ["beta_1", "Alpha", "gamma 100%", "beta-2", "delta"].enumerated() {
      let torrent = try Made.torrent(name, v1: Made.hash(0xABC0 + number), files: number + 1)
      try database.add(Made.artifact(torrent), at: .noon(plus: number))
    }
    try database.setState(.paused, reason: "on request", of: ArtifactID(rawValue: 1), at: .noon(plus: 100))
  }

  private func page(_ page: ArtifactPage) throws -> [String] { try database.artifacts(of: page).rows.map(\.artifact.name) }

  @Test func `pages follow each other, and tell how many there are on all`() throws {
    let pages = try [0, 2, 4, 6].map { try database.artifacts(of: ArtifactPage(offset: $0, limit: 2)) }
    #expect(pages.map { $0.rows.map(\.artifact.name) } == [["Alpha", "beta-2"], ["beta_1", "delta"], ["gamma 100%"], []])
    #expect(pages.allSatisfy { $0.total == 5 })
    #expect(try page(ArtifactPage(order: .size)) == ["delta", "beta-2", "gamma 100%", "Alpha", "beta_1"])
    #expect(try page(ArtifactPage(order: .added)).first == "delta")
    #expect(try page(ArtifactPage(order: .changed)).first == "beta_1")
  }

  @Test func `a search is for part of a name or the start of an info-hash, and its signs are signs`() throws {
    for (text, names) in [
      ("BETA", ["beta-2", "beta_1"]), ("a_1", ["beta_1"]), ("%", ["gamma 100%"]), ("\\", []), ("' OR 1=1 --", []),
      (String(Made.hash(0xABC1).prefix(38)), ["Alpha", "beta-2", "beta_1", "delta", "gamma 100%"]), (Made.hash(0xABC1), ["Alpha"]),
    ] {
      let found = try database.artifacts(of: ArtifactPage(text: text))
      #expect(found.rows.map(\.artifact.name) == names && found.total == names.count, "\(text)")
    }
    #expect(try page(ArtifactPage(text: "beta", states: [.ready])) == ["beta-2"])
    #expect(try page(ArtifactPage(states: [.failed])) == [])
  }

  @Test func `pieces come with those that are there in part`() throws {
    let artifact = try database.artifact(ArtifactID(rawValue: 4))
    var some = Bitfield(count: artifact.pieceCount)
    some[1] = true
    let identities = Made.identities(of: try Made.torrent("beta-2", v1: Made.hash(0xABC3), files: 4))
    let evidence = Evidence(pieces: some, verifiedAt: .noon, method: .verified)
    try database.record(Verification(identities: identities, evidence: evidence, state: .ready), of: artifact.id, at: .noon)
    let rows = try database.artifacts(of: ArtifactPage()).rows
    #expect(rows.map(\.pieces) == [nil, some, nil, nil, nil])
    #expect(rows.map(\.artifact.verifiedPieces) == rows.map { $0.pieces == nil ? $0.artifact.pieceCount : 1 })
    let close = try #require(try database.closely(infoHash: Made.hash(0xABC3)))
    #expect(close.artifact.name == "beta-2" && close.evidence == evidence)
    #expect(try database.closely(infoHash: Made.hash(9)) == nil)
    #expect(try database.closely(infoHash: "beta-2") == nil)
  }
}
