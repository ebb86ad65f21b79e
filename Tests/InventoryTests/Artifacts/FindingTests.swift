import Metainfo
import Testing

@testable import Inventory

struct FindingTests {
  private let database: InventoryDatabase
  private let hybrid: Artifact
  private let v1: Artifact
  private let v2: Artifact
  private let hybridV1 = "aaaa1" + String(repeating: "0", count: 35)
  private let hybridV2 = "bbbb" + String(repeating: "1", count: 60)
  private let onlyV1 = "aaaa2" + String(repeating: "3", count: 35)
  private let onlyV2 = "cafe" + String(repeating: "9", count: 60)

  init() throws {
    database = try InventoryDatabase.inMemory()
    hybrid = try database.add(Made.artifact(Made.torrent("hybrid", v1: hybridV1, v2: hybridV2)), at: .noon)
    v1 = try database.add(Made.artifact(Made.torrent("twin", v1: onlyV1)), at: .noon)
    v2 = try database.add(Made.artifact(Made.torrent("twin", v2: onlyV2)), at: .noon)
  }

  @Test func `An info-hash finds its artifact by either version`() throws {
    #expect(try database.artifact(infoHash: InfoHash(v1: #require(SHA1Digest(hex: hybridV1)))) == hybrid)
    #expect(try database.artifact(infoHash: InfoHash(v2: #require(SHA256Digest(hex: hybridV2)))) == hybrid)
    #expect(try database.artifact(infoHash: InfoHash(v2: #require(SHA256Digest(hex: onlyV2)))) == v2)
    #expect(try database.artifact(infoHash: InfoHash(v1: .zero)) == nil)
  }

  @Test func `Twenty bytes from the wire find v1 and v2 cut short`() throws {
    for artifact in [hybrid, v1, v2] {
      for wire in artifact.infoHash.wire { #expect(try database.artifact(wire: wire) == artifact) }
    }
    #expect(try database.artifact(wire: .zero) == nil)
  }

  @Test func `A whole info-hash, a unique start in either case, and a name are each enough`() throws {
    for text in [hybridV1, hybridV2, "hybrid", "aaaa1", "AAAA10", "bbbb", String(hybridV2.prefix(40)), String(hybridV2.prefix(41))] {
      #expect(try database.find(text) == hybrid, "\(text)")
    }
    #expect(try database.find("aaaa2") == v1)
    #expect(try database.find("cafe9") == v2)
  }

  @Test func `What several answer to is ambiguous, with the candidates`() throws {
    #expect(throws: InventoryError.ambiguous(text: "twin", candidates: [v1, v2])) { try database.find("twin") }
    #expect(throws: InventoryError.ambiguous(text: "aaaa", candidates: [hybrid, v1])) { try database.find("aaaa") }
    let cafe = try database.add(Made.artifact(Made.torrent("cafe", v1: Made.hash(7))), at: .noon)
    #expect(throws: InventoryError.ambiguous(text: "cafe", candidates: [v2, cafe])) { try database.find("cafe") }
    #expect(
      InventoryError.ambiguous(text: "twin", candidates: [v1, v2]).description == "twin may be any of: twin (\(onlyV1)), twin (\(onlyV2))")
  }

  @Test func `A whole info-hash wins over an artifact of that name`() throws {
    try database.add(Made.artifact(Made.torrent(onlyV1, v1: Made.hash(7))), at: .noon)
    #expect(try database.find(onlyV1) == v1)
  }

  @Test func `What nobody answers to is unknown`() throws {
    for text in ["aaa", "AAAA3", "Hybrid", "hyb", "", "hybrid\0", "%", String(repeating: "a", count: 65), "bbbb%"] {
      #expect(throws: InventoryError.unknownArtifact(text), "\(text)") { try database.find(text) }
    }
  }

  @Test func `A start of an info-hash is the range of digests that begin with it`() throws {
    let odd = try #require(InfoHashPrefix("abcde"))
    #expect(odd.v1?.low.prefix(3) == [0xAB, 0xCD, 0xE0] && odd.v1?.high.prefix(3) == [0xAB, 0xCD, 0xEF])
    #expect(odd.v2.low.count == 32 && odd.v2.high.last == 0xFF)
    #expect(try #require(InfoHashPrefix(String(repeating: "0", count: 41))).v1 == nil)
    for text in ["abc", "wxyz", "abcg", String(repeating: "0", count: 65)] { #expect(InfoHashPrefix(text) == nil) }
  }
}
