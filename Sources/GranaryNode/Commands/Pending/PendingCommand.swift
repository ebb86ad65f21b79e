import ArgumentParser
import Control
import Foundation
import Inventory
import Settings

struct PendingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pending", abstract: "Peers with good identities that no rule is about, and what they want.",
    discussion: """
      Kept are peers that have proven who they are (by a certificate, a key or a token) and were refused because nothing in the configuration \
      names them for what they want. Whom a rule denies, whose certificate or key is no good, and who is over a limit is not among them. \
      An approval lets one of them have what it wants for a while; it goes into the inventory and never into the configuration's files.
      """,
    subcommands: [PendingList.self, PendingApprove.self, PendingReject.self, PendingApprovals.self, PendingRevoke.self],
    defaultSubcommand: PendingList.self)
}

struct PendingList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Who waits for an answer, the last ones first.")

  @OptionGroup var common: CommonOptions
  @Option(help: "The last so many.") var limit = 100

  func run() async throws {
    let place = try Workplace(common)
    await place.flushJournal()
    let database = try place.reading()
    let entries = try database?.pending(limit: max(0, limit)) ?? []
    let document = PendingDocument(pending: entries.map(PendingDocument.Entry.init), total: try database?.pendingCount() ?? 0)
    if common.json { return try Console.print(document: document) }
    for entry in document.pending {
      let times = entry.count > 1 ? " (\(entry.count) times)" : ""
      let what = entry.artifact.map { "\(entry.operation) \($0)" } ?? entry.operation
      Console.print(
        "\(entry.id)  \(escaped(entry.principal))  \(escaped(what))  at \(entry.address)  last \(entry.lastSeen)\(times)  "
          + "\(entry.plugin): \(escaped(entry.reason))")
    }
    if document.total > entries.count { Console.note("\(document.total - entries.count) more; see --limit") }
  }
}

struct PendingApprovals: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "approvals", abstract: "The approvals that hold, the next to end first.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let approvals = try Workplace(common).reading()?.approvals(at: .now()) ?? []
    let document = ApprovalsDocument(approvals: approvals.map(ApprovalDocument.init))
    if common.json { return try Console.print(document: document) }
    for approval in document.approvals { Console.print(approval.line) }
  }
}

extension ApprovalDocument {
  /// It in one line.
  var line: String {
    let what = operations.joined(separator: ", ") + (artifact.map { " of \($0)" } ?? "")
    return "\(id)  \(escaped(principal))  \(escaped(what))  until \(until)  by \(escaped(by)): \(escaped(reason))"
  }
}
