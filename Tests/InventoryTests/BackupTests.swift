import Foundation
import Testing

@testable import Inventory

struct BackupTests {
  @Test func `A backup of an inventory in use is one file of mode 0600 that opens with all that there was`() throws {
    let folder = try TemporaryFolder()
    let database = try InventoryDatabase.open(path: folder.file("inventory.sqlite"))
    let artifact = try database.add(Made.artifact(1), at: .noon)
    let target = try TemporaryFolder()
    try database.backup(to: target.file("backup.sqlite"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: target.path) == ["backup.sqlite"])
    #expect(try FileManager.default.attributesOfItem(atPath: target.file("backup.sqlite"))[.posixPermissions] as? Int == 0o600)
    try database.remove(artifact.id)
    let restored = try InventoryDatabase.open(path: target.file("backup.sqlite"))
    #expect(try restored.artifacts() == [artifact])
    try restored.checkIntegrity()
  }

  @Test func `A backup overwrites nothing`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("precious")
    try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: InventoryError.exists(place: path)) { try InventoryDatabase.inMemory().backup(to: path) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["precious"])
  }

  @Test func `A checkpoint empties the WAL`() throws {
    let folder = try TemporaryFolder()
    let database = try InventoryDatabase.open(path: folder.file("inventory.sqlite"))
    try database.add(Made.artifact(1), at: .noon)
    try database.checkpoint()
    #expect(try FileManager.default.attributesOfItem(atPath: folder.file("inventory.sqlite-wal"))[.size] as? Int == 0)
    #expect(try database.artifacts().count == 1)
  }
}
