import Foundation
import GRDB

/// Tiers of announce URLs (BEP 12), each list stored once however many artifacts have it.
enum TrackerLists {
  /// The JSON that a list is stored as: an array of tiers, each an array of URLs. Nil for no trackers.
  static func text(_ tiers: [[String]]) throws -> String? {
    guard tiers.contains(where: { !$0.isEmpty }) else { return nil }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(tiers), as: UTF8.self)
  }

  static func tiers(_ text: String) throws -> [[String]] {
    do {
      return try JSONDecoder().decode([[String]].self, from: Data(text.utf8))
    } catch {
      throw UnreadableRow(problem: "a tracker list that is no array of arrays of texts")
    }
  }

  /// Gives an artifact its trackers. A list that nobody has any more goes, by a trigger.
  static func set(_ tiers: [[String]], of id: Int64, _ db: Database) throws {
    let list = try text(tiers).map { try number(of: $0, db) }
    try db.execute(
      sql: "UPDATE artifacts SET tracker_list_id = ? WHERE id = ? AND tracker_list_id IS NOT ?1", arguments: [list, id])
  }

  private static func number(of text: String, _ db: Database) throws -> Int64 {
    if let known = try Int64.fetchOne(db, sql: "SELECT id FROM tracker_lists WHERE tiers = ?", arguments: [text]) { return known }
    try db.execute(sql: "INSERT INTO tracker_lists (tiers) VALUES (?)", arguments: [text])
    return db.lastInsertedRowID
  }
}
