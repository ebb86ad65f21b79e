import GRDB
import Metainfo
import Testing

@testable import Inventory

struct CatalogueTests {
  private func catalogue(serial: Int64 = 5, etag: String? = "\"e\"") -> StoredCatalogue {
    StoredCatalogue(
      url: "http://a/c", name: "depot", serial: serial, date: .noon, digest: .hash(of: [1]), bytes: [1, 2], etag: etag, acceptedAt: .noon)
  }

  @Test func `What was accepted last is kept, and never goes back`() throws {
    let database = try InventoryDatabase.inMemory()
    #expect(try database.catalogue("http://a/c") == nil)
    try database.keep(catalogue())
    try database.keep(catalogue(serial: 6, etag: nil))
    try database.keep(catalogue(serial: 6))
    #expect(throws: InventoryError.invalid(problem: "a catalogue's serial number goes back")) { try database.keep(catalogue()) }
    #expect(try database.catalogues() == [catalogue(serial: 6)])
    #expect(try database.rows("SELECT url, serial, size FROM catalogues_view") == [["http://a/c", "6", "2"]])
  }

  @Test func `What came by a catalogue is found by either info-hash`() throws {
    let database = try InventoryDatabase.inMemory()
    let both = try #require(InfoHash(v1: SHA1Digest.hash(of: [1]), v2: SHA256Digest.hash(of: [1])))
    let one = StoredMirrored(infoHash: both, name: "a", catalogue: "http://a/c", unwantedAt: nil)
    let two = StoredMirrored(infoHash: InfoHash(v1: SHA1Digest.hash(of: [2])), name: "b", catalogue: "http://a/c", unwantedAt: .noon)
    try database.put(mirrored: [one, two])
    #expect(try Set(database.mirrored()) == [one, two])
    let wanted = StoredMirrored(infoHash: two.infoHash, name: "b", catalogue: "http://a/c", unwantedAt: nil)
    try database.put(mirrored: [wanted])
    #expect(try database.mirrored().contains(wanted))
    try database.forget(mirrored: [InfoHash(v1: SHA1Digest.hash(of: [1]))])
    #expect(try database.mirrored() == [wanted])
    #expect(try database.rows("SELECT name, unwanted_at FROM mirrored_view").count == 1)
  }

  @Test func `A serial number is given out once`() throws {
    let database = try InventoryDatabase.inMemory()
    #expect(try database.takeCatalogueSerial(atLeast: 100) == 100)
    #expect(try database.takeCatalogueSerial(atLeast: 50) == 101)
    #expect(try database.takeCatalogueSerial(atLeast: 1000) == 1000)
  }

  @Test func `What the catalogue lists is kept`() throws {
    let database = try InventoryDatabase.inMemory()
    let (one, two) = (String(repeating: "a", count: 64), String(repeating: "b", count: 40))
    try database.setListedInCatalogue([one, two])
    try database.setListedInCatalogue([two])
    #expect(try database.listedInCatalogue() == [two])
  }

  @Test(arguments: [
    "UPDATE catalogues SET serial = 0", "UPDATE catalogues SET digest = x'00'", "UPDATE catalogues SET bytes = x''",
    "UPDATE mirrored SET info_hash_v1 = NULL, info_hash_v2 = NULL", "UPDATE mirrored SET catalogue = ''",
    "INSERT INTO catalogue_serial VALUES (2, 5)", "INSERT INTO catalogue_listed VALUES ('x')",
  ])
  func `The schema refuses what makes no sense`(sql: String) throws {
    let database = try InventoryDatabase.inMemory()
    try database.keep(catalogue())
    try database.put(mirrored: [
      StoredMirrored(infoHash: InfoHash(v1: SHA1Digest.hash(of: [2])), name: "b", catalogue: "http://a/c", unwantedAt: nil)
    ])
    #expect { try database.execute(sql) } throws: { ($0 as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT }
  }
}
