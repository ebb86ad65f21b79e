import Foundation
import TestSupport

/// A row of `granary journal --json`.
struct JournalRow: Sendable, Decodable {
  /// What a guard was told.
  struct Facts: Sendable, Decodable {
    let operation: String
    let address: String
    let direction: String
    let link: String
  }

  let address: String?
  let principal: String?
  let count: Int
  let operation: String
  let verdict: String
  let plugin: String?
  let rule: String?
  let reason: String?
  let place: String?
  let facts: Facts?

  /// The IPv4 address alone.
  var host: String? { address?.split(separator: ":").first.map(String.init) }
}

extension GranaryHost {
  private struct Journal: GranaryDocument {
    static let schemaName = "granary.journal/1"

    let entries: [JournalRow]
  }

  /// All of the journal.
  func journal() async throws -> [JournalRow] { try GranaryJSON.decode(Journal.self, from: try await json("journal")).entries }

  /// All refusals of the journal.
  func refusals() async throws -> [JournalRow] {
    let text = try await json("journal", "--refused", "--limit", "100000")
    return try GranaryJSON.decode(Journal.self, from: text).entries
  }

  /// The journal's refusals of peers at this address.
  func refusals(of address: String) async throws -> [JournalRow] {
    let text = try await json("journal", "--refused", "--peer", address)
    return try GranaryJSON.decode(Journal.self, from: text).entries
  }
}
