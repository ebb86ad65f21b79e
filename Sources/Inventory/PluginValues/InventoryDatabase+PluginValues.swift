import Foundation
import GRDB

/// A value that a plugin keeps, on its way to the disk; nil: it is forgotten.
struct PluginValueChange: Hashable {
  let plugin: String
  let key: String
  let value: [UInt8]?
}

extension InventoryDatabase {
  /// All that a plugin keeps, by key.
  package func pluginValues(of plugin: String) throws(InventoryError) -> [String: [UInt8]] {
    try read { db in
      let rows = try Row.fetchAll(db, sql: "SELECT key, value FROM plugin_values WHERE plugin = ?", arguments: [plugin])
      var values: [String: [UInt8]] = [:]
      for row in rows {
        let key: String = try row.value("key")
        values[key] = try row.bytes("value")
      }
      return values
    }
  }

  /// Stores a batch in one transaction.
  func keep(_ changes: [PluginValueChange], at now: Timestamp) throws(InventoryError) {
    if changes.isEmpty { return }
    try write { db in
      for change in changes {
        guard let value = change.value else {
          let statement = try db.cachedStatement(sql: "DELETE FROM plugin_values WHERE plugin = ? AND key = ?")
          try statement.execute(arguments: [change.plugin, change.key])
          continue
        }
        let statement = try db.cachedStatement(
          sql: """
            INSERT INTO plugin_values (plugin, key, value, updated_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (plugin, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
            """)
        try statement.execute(arguments: [change.plugin, change.key, Data(value), now.nanoseconds])
      }
    }
  }
}
