import ArgumentParser
import Control
import Foundation
import Inventory
import Settings

struct PendingApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Let a peer have what it wants, for a while.",
    discussion: """
      Holds at once, for peers that are connected too. It takes the place of a rule that is not there, and of nothing else: it overrides no \
      rule, limit or revocation. A wish without an artifact can be answered for connect only. The id of an approval renews it.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "The id, or a start of it, as 'granary pending' has it.") var id: String
  @Option(name: .customLong("for"), help: "How long: 30m, 24h, 7d; 366 days at most.") var span: String
  @Option(help: "Why, for the journal and 'granary why'.") var reason: String
  @Option(help: "What it may: of connect, metadata, request, announce, message, with commas between (default: connect,metadata,request).")
  var operations: String?

  func run() async throws {
    let place = try Workplace(common)
    var order = WishOrder(id: id, milliseconds: try milliseconds(span), reason: reason)
    order.operations = operations.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    let document: ApprovalChangeDocument
    if let node = place.runningNode() {
      document = try await node.approve(order)
    } else {
      document = ApprovalChangeDocument("approved", ApprovalDocument(try place.answering { try $0.approve(order) }))
    }
    try document.print(asJSON: common.json)
  }
}

struct PendingRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Take an approval back.", discussion: "Peers that are connected by it are judged again at once.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "The id, or a start of it, as 'granary pending approvals' has it.") var id: String

  func run() async throws {
    let place = try Workplace(common)
    let document: ApprovalChangeDocument
    if let node = place.runningNode() {
      document = try await node.revokeApproval(id)
    } else {
      document = ApprovalChangeDocument("revoked", ApprovalDocument(try place.answering { try $0.revoke(id) }))
    }
    try document.print(asJSON: common.json)
  }
}

struct PendingReject: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject", abstract: "Take a peer off the list, for a while.",
    discussion: "It is refused as before, and does not come back to the list until the time is over.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "The id, or a start of it, as 'granary pending' has it.") var id: String
  @Option(name: .customLong("for"), help: "How long it stays away: 30m, 24h, 7d; 366 days at most.") var span = "7d"
  @Option(help: "Why, for the journal.") var reason: String

  func run() async throws {
    let place = try Workplace(common)
    let order = WishOrder(id: id, milliseconds: try milliseconds(span), reason: reason)
    let document: RejectionDocument
    if let node = place.runningNode() {
      document = try await node.reject(order)
    } else {
      document = try place.answering { try $0.reject(order) }
    }
    if common.json { return try Console.print(document: document) }
    Console.print("\(document.wish.id)  \(escaped(document.wish.principal))  rejected, not listed until \(document.until)")
  }
}

private func milliseconds(_ span: String) throws -> Int64 {
  guard let span = TimeSpan(span) else { throw ValidationError("--for: '\(span)' is no time such as 30m, 24h or 7d") }
  return span.milliseconds
}

extension Workplace {
  /// Runs the closure with the inventory of a node that does not run, in the name of who runs the command.
  fileprivate func answering<Value>(_ body: (WishDesk) throws -> Value) throws -> Value {
    try writing { keeper in
      try body(
        WishDesk(database: keeper.database, by: .user(getuid()), now: .now()) { try keeper.database.append([$0], mergingWithin: .zero) })
    }
  }
}

extension ApprovalChangeDocument {
  fileprivate func print(asJSON: Bool) throws {
    if asJSON { return try Console.print(document: self) }
    Console.print("\(change)  \(approval.line)")
    for warning in warnings { Console.note("granary: warning: \(escaped(warning))") }
  }
}
