import Foundation
import TestSupport

/// A row of `granary journal --json`.
struct JournalRow: Sendable, Decodable {
  let address: String?
  let operation: String
  let verdict: String
  let plugin: String
  let rule: String?
  let reason: String
  let place: String?
}

extension GranaryHost {
  private struct Journal: GranaryDocument {
    static let schemaName = "granary.journal/1"

    let entries: [JournalRow]
  }

  /// The journal's rows about peers at this address.
  func journal(of address: String) async throws -> [JournalRow] {
    let rows = try GranaryJSON.decode(Journal.self, from: await json("journal")).entries
    return rows.filter { $0.address == address }
  }

  /// The journal's rows about peers at this address, once there are any; the node writes them in its own time.
  func journalOnceWritten(of address: String, within limit: Duration = .seconds(10)) async throws -> [JournalRow] {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      let rows = try await journal(of: address)
      if !rows.isEmpty { return rows }
    }
    return []
  }
}
