import Foundation
import TestSupport

/// A row of `granary journal --json`.
struct JournalRow: Sendable, Decodable {
  let address: String?
  let operation: String
  let verdict: String
  let plugin: String?
  let rule: String?
  let reason: String?
  let place: String?
}

extension GranaryHost {
  private struct Journal: GranaryDocument {
    static let schemaName = "granary.journal/1"

    let entries: [JournalRow]
  }

  /// The journal's refusals of peers at this address.
  func refusals(of address: String) async throws -> [JournalRow] {
    let text = try await json("journal", "--refused", "--peer", address)
    return try GranaryJSON.decode(Journal.self, from: text).entries
  }
}
