import Foundation
import GRDB

extension InventoryDatabase {
  /// Lets go of what is only kept to be quicker: pages in memory, connections that nobody uses now. They come back as they are needed.
  package func releaseMemory() { (writer as? DatabasePool)?.releaseMemoryEventually() }

  /// Folds the WAL into the database and empties it. Throws `.busy` where a reader in another process is in the way; nothing is lost then.
  package func checkpoint() throws(InventoryError) {
    do {
      try writer.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    } catch { throw InventoryError(error, place: place) }
  }

  /// Copies the inventory as it is now into a new file of mode 0600, while it is in use. The file has its name only once it is complete,
  /// checked and on disk. Throws `.exists` where the path is taken.
  package func backup(to path: String) throws(InventoryError) {
    let aside = path + ".partial"
    try InventoryFile.makeEmpty(at: aside, replacing: true)
    defer { unlink(aside) }
    do {
      let copy = try DatabaseQueue(path: aside)
      try writer.backup(to: copy)
      try copy.writeWithoutTransaction { db in
        // One file, without a WAL beside it.
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
        try Self.throwFirst(of: Self.integrityProblems(db, pragma: "quick_check"), place: aside)
      }
      try copy.close()
    } catch { throw InventoryError(error, place: aside) }
    try InventoryFile.publish(aside, as: path)
  }

  /// Reads the whole file and throws `.corrupt` with the first problem found: damaged pages, indices, constraints or references.
  /// Takes time in proportion to the file.
  package func checkIntegrity() throws(InventoryError) {
    let place = place
    try read { try Self.throwFirst(of: Self.integrityProblems($0, pragma: "integrity_check"), place: place) }
  }

  private static func integrityProblems(_ db: Database, pragma: String) throws -> [String] {
    let problems = try String.fetchAll(db, sql: "PRAGMA \(pragma)(1)").filter { $0 != "ok" }
    if !problems.isEmpty { return problems }
    return try String.fetchAll(
      db, sql: "SELECT 'a row of ' || \"table\" || ' refers to no row of ' || parent FROM pragma_foreign_key_check")
  }

  private static func throwFirst(of problems: [String], place: String) throws {
    if let problem = problems.first { throw InventoryError.corrupt(place: place, problem: problem) }
  }
}
