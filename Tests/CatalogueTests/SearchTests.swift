import Metainfo
import Testing

@testable import Catalogue

/// What a person may call an artifact of a catalogue.
@Suite struct SearchTests {
  private let document = Made.document([
    Made.entry("app-1.9"), Made.entry("app-1.10"), Made.entry("app-2.0-rc1"), Made.entry("base-7", supersededBy: "root-1"),
    Made.entry("root-1"), Made.entry("app-tools-3"),
  ])

  @Test(arguments: [
    ("app-1.9", "app-1.9"), ("app-1*", "app-1.10"), ("app-?.9", "app-1.9"), ("root-*", "root-1"), ("base-*", "base-7"),
    ("app-tools*", "app-tools-3"),
  ])
  func `a name is itself, and a pattern its newest version`(asked: String, found: String) throws {
    #expect(try document.find(asked)?.name == found)
  }

  @Test(arguments: ["app", "APP-1.9", "", "other-*", "0123456789"])
  func `what is not there is not found`(asked: String) throws {
    #expect(try document.find(asked) == nil)
  }

  @Test func `a pattern that two families match is refused with both`() {
    #expect(throws: CatalogueDocument.Ambiguity(asked: "app-*", choices: ["app-*", "app-tools-*"])) { try document.find("app-*") }
    let many = CatalogueDocument.Ambiguity(asked: "*", choices: (1...9).map { "a\($0)" })
    #expect(many.description == "'*' may mean any of 9: a1, a2, a3, a4, a5, a6, a7, a8, …")
  }

  @Test func `an info-hash is enough, and eight digits of it where they say which`() throws {
    let hash = Hex.encode(Made.hash("root-1").catalogueName)
    #expect(try document.find(hash)?.name == "root-1")
    #expect(try document.find(hash.prefix(8).uppercased())?.name == "root-1")
    #expect(try document.find(String(hash.prefix(7))) == nil)
  }

  @Test func `of several with one name the newest is meant`() throws {
    func version(_ version: String, _ published: Int64) -> CatalogueEntry {
      CatalogueEntry(
        name: "app", version: version, infoHash: Made.hash("app \(version)"), size: 1, published: published, torrent: "t/a.torrent",
        torrentDigest: .hash(of: []))
    }
    let document = Made.document([version("1.10", Made.noon), version("1.9", Made.noon + 9)])
    #expect(try document.find("app")?.version == "1.10")
  }
}
