import Foundation
import GRDB

/// The inventory: one SQLite file of artifacts, evidence, principals, transfers, the journal and runs. Callers see verbs, never SQL.
///
/// Every call is synchronous, may wait for the disk, and may be made from any thread but an event loop. A change is durable when its call
/// returns: the file is in WAL mode with `synchronous=FULL`, and each verb is one transaction. `InventorySchema` describes the tables.
package final class InventoryDatabase: Sendable {
  /// How many candidates an `.ambiguous` error lists at most.
  package static let candidateLimit = 20

  /// The database's path, or `:memory:`.
  package let place: String
  let writer: any DatabaseWriter

  private init(place: String, writer: any DatabaseWriter) {
    (self.place, self.writer) = (place, writer)
  }

  /// Opens the inventory for the one node of a state directory (the caller holds its lock), making and migrating it where needed.
  ///
  /// A new file has mode 0600. `busyTimeout` is how long a change waits for another process's lock.
  /// Throws `.notOurs`, `.newerSchema`, `.corrupt`, `.busy`, `.full`, `.readOnly`, `.cannotOpen` or `.io`.
  package static func open(path: String, busyTimeout: Duration = .seconds(5)) throws(InventoryError) -> InventoryDatabase {
    try InventoryFile.prepare(at: path)
    do {
      let pool = try DatabasePool(path: path, configuration: configuration(place: path, busyTimeout: busyTimeout))
      // GRDB leaves a WAL database at NORMAL, which may lose the last commits with the power.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864") }
      try InventorySchema.migrator.migrate(pool)
      return InventoryDatabase(place: path, writer: pool)
    } catch { throw InventoryError(error, place: path) }
  }

  /// Opens an existing inventory to read it, whether or not a node runs. Any change throws `.readOnly`.
  ///
  /// Throws as `open(path:)`, and `.missing`, and `.olderSchema` where a node of an older version is to migrate it first.
  package static func open(readingAt path: String, busyTimeout: Duration = .seconds(5)) throws(InventoryError) -> InventoryDatabase {
    guard try InventoryFile.kind(at: path) == .file else { throw .missing(place: path) }
    do {
      var configuration = configuration(place: path, busyTimeout: busyTimeout)
      configuration.readonly = true
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.read { try InventorySchema.refuseOlder($0, place: path) }
      return InventoryDatabase(place: path, writer: queue)
    } catch { throw InventoryError(error, place: path) }
  }

  /// An inventory that lives as long as the value, for tests.
  package static func inMemory() throws(InventoryError) -> InventoryDatabase {
    do {
      // Its pages are in memory: there is nobody to wait for and no file to recognise.
      let queue = try DatabaseQueue()
      try InventorySchema.migrator.migrate(queue)
      return InventoryDatabase(place: ":memory:", writer: queue)
    } catch { throw InventoryError(error, place: ":memory:") }
  }

  /// Closes the file and, where no other process has it open, folds the WAL into it. Later calls throw.
  package func close() throws(InventoryError) {
    // Readers first: GRDB would close them last, and a reading connection cannot fold the WAL.
    (writer as? DatabasePool)?.releaseMemory()
    do { try writer.close() } catch { throw InventoryError(error, place: place) }
  }

  /// Runs a reading verb in one snapshot.
  func read<Value>(_ body: (Database) throws -> Value) throws(InventoryError) -> Value {
    do { return try writer.read(body) } catch { throw InventoryError(error, place: place) }
  }

  /// Runs a changing verb in one transaction, rolled back where it throws.
  func write<Value>(_ body: (Database) throws -> Value) throws(InventoryError) -> Value {
    do { return try writer.write(body) } catch { throw InventoryError(error, place: place) }
  }

  private static func configuration(place: String, busyTimeout: Duration) -> Configuration {
    var configuration = Configuration()
    configuration.label = "granary.inventory"
    configuration.busyMode = .timeout(busyTimeout / .seconds(1))
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      // Before GRDB writes anything: another's file or a newer one is left as it is.
      try InventoryFile.refuseForeign(db, place: place)
      try InventorySchema.refuseNewer(db, place: place)
      // KiB of pages that each connection keeps; the kernel keeps them too.
      try db.execute(sql: "PRAGMA cache_size = -1024")
      // What a hand-edited schema could call stays harmless.
      try db.execute(sql: "PRAGMA trusted_schema = OFF")
    }
    return configuration
  }
}
