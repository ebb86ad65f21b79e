import Foundation
import GRDB
import Metainfo
import Testing

@testable import Inventory

struct OpeningTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("inventory.sqlite")
  }

  private func mode(_ suffix: String = "") throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
  }

  @Test func `A new inventory and its companions can be read by their owner only`() throws {
    let database = try InventoryDatabase.open(path: path)
    try database.add(Made.artifact(1), at: .noon)
    #expect(try mode() == 0o600)
    #expect(try mode("-wal") == 0o600)
    #expect(try mode("-shm") == 0o600)
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)).count == 3)
  }

  @Test func `Changes are synced at each commit, in WAL mode, with foreign keys`() throws {
    let database = try InventoryDatabase.open(path: path)
    let settings = try database.writer.writeWithoutTransaction { db in
      try ["synchronous", "journal_mode", "foreign_keys", "busy_timeout", "application_id", "user_version"].map {
        try String.fetchOne(db, sql: "PRAGMA \($0)")
      }
    }
    #expect(settings == ["2", "wal", "1", "5000", "1196576345", "\(InventorySchema.migrator.migrations.count)"])
  }

  @Test func `What was added is there when it is opened again`() throws {
    let database = try InventoryDatabase.open(path: path)
    let artifact = try database.add(Made.artifact(1), at: .noon)
    try database.close()
    #expect(try InventoryDatabase.open(path: path).artifacts() == [artifact])
  }

  @Test func `Closing leaves one file`() throws {
    let database = try InventoryDatabase.open(path: path)
    try database.add(Made.artifact(1), at: .noon)
    #expect(try database.artifacts().count == 1)
    try database.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["inventory.sqlite"])
    #expect(throws: InventoryError.self) { try database.artifacts() }
  }

  @Test func `An empty file becomes an inventory`() throws {
    try Data().write(to: URL(fileURLWithPath: path))
    try InventoryDatabase.open(path: path).add(Made.artifact(1), at: .noon)
    #expect(try mode() == 0o600)
  }

  @Test func `Another program's database is refused and left as it is`() throws {
    let other = try DatabaseQueue(path: path)
    try other.writeWithoutTransaction { try $0.execute(sql: "CREATE TABLE theirs (a); PRAGMA application_id = 77") }
    try other.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let problem = "an SQLite database of another program (application id 77)"
    #expect(throws: InventoryError.notOurs(place: path, problem: problem)) { try InventoryDatabase.open(path: path) }
    #expect(throws: InventoryError.notOurs(place: path, problem: problem)) { try InventoryDatabase.open(readingAt: path) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["inventory.sqlite"])
  }

  @Test func `A file that is no database is refused and left as it is`() throws {
    let text = Data(String(repeating: "a shopping list\n", count: 400).utf8)
    try text.write(to: URL(fileURLWithPath: path))
    #expect(throws: InventoryError.notOurs(place: path, problem: "not an SQLite database")) { try InventoryDatabase.open(path: path) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
    #expect(throws: InventoryError.notOurs(place: folder.path, problem: "not a regular file")) {
      try InventoryDatabase.open(path: folder.path)
    }
  }

  @Test func `A newer schema is refused by name, by writers and readers, and left as it is`() throws {
    let newer = try InventoryDatabase.open(path: path)
    try newer.execute("INSERT INTO grdb_migrations VALUES ('900-later'), ('901-much-later')")
    try newer.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let error = InventoryError.newerSchema(place: path, unknown: ["900-later", "901-much-later"])
    #expect(throws: error) { try InventoryDatabase.open(path: path) }
    #expect(throws: error) { try InventoryDatabase.open(readingAt: path) }
    #expect(error.description.hasSuffix("written by a newer granary (unknown migrations: 900-later, 901-much-later)"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func `A reader does not migrate an older schema`() throws {
    try InventoryFile.prepare(at: path)
    #expect(throws: InventoryError.olderSchema(place: path, missing: InventorySchema.migrator.migrations)) {
      try InventoryDatabase.open(readingAt: path)
    }
    try InventoryDatabase.open(path: path).close()
    #expect(try InventoryDatabase.open(readingAt: path).artifacts().isEmpty)
  }

  @Test func `A reader finds no inventory where there is none, and makes none`() throws {
    #expect(throws: InventoryError.missing(place: path)) { try InventoryDatabase.open(readingAt: path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func `A reader sees what a node has committed, while it runs and after it has gone, and changes nothing`() throws {
    let node = try InventoryDatabase.open(path: path)
    let reader = try InventoryDatabase.open(readingAt: path)
    let artifact = try node.add(Made.artifact(1), at: .noon)
    #expect(try reader.artifacts() == [artifact])
    #expect(throws: InventoryError.readOnly(place: path)) { try reader.setState(.paused, of: artifact.id, at: .noon) }
    try reader.close()
    try node.close()
    #expect(try InventoryDatabase.open(readingAt: path).artifacts() == [artifact])
  }

  @Test func `A folder that is not there is said`() throws {
    let lost = folder.file("lost/inventory.sqlite")
    #expect(throws: InventoryError.cannotOpen(place: lost + ".new", problem: "No such file or directory")) {
      try InventoryDatabase.open(path: lost)
    }
  }
}
