import Control
import Inventory
import PluginKit

/// What operators say to wishes, stored and written into the journal. Waits for the disk.
struct WishDesk {
  let database: InventoryDatabase
  let by: ControlCaller
  let now: Timestamp
  let journal: (JournalEntry) throws -> Void

  /// An approval is for a while: what is to last is a rule.
  private static let longest: Int64 = 366 * 86_400_000
  private static let shortest: Int64 = 1000

  func approve(_ order: WishOrder) throws -> StoredApproval {
    let approval = try database.approve(order.id, try terms(order))
    let what = "\(approval.operations.joined(separator: ", ")) \(approval.wish.subject)"
    try note("approve", approval.wish, "\(approval.wish.principal) may \(what) until \(approval.until): \(approval.reason)")
    return approval
  }

  func revoke(_ id: String) throws -> StoredApproval {
    let approval = try database.revokeApproval(id)
    try note(
      "revoke", approval.wish,
      "what \(approval.by) had allowed \(approval.wish.principal) until \(approval.until) is taken back: \(approval.reason)")
    return approval
  }

  func reject(_ order: WishOrder) throws -> RejectionDocument {
    let terms = try terms(order)
    let wish = try database.rejectWish(order.id, terms)
    try note("reject", wish, "what \(wish.principal) wants is not to be seen until \(terms.until): \(terms.reason)")
    return RejectionDocument(wish: WishDocument(wish), until: terms.until.iso8601)
  }

  private func terms(_ order: WishOrder) throws -> ApprovalTerms {
    guard (Self.shortest...Self.longest).contains(order.milliseconds) else {
      throw Failure(.usage, "--for: an answer holds for a second to 366 days; what is to last longer is a rule for the configuration")
    }
    guard order.reason.contains(where: { !$0.isWhitespace }) else { throw Failure(.usage, "--reason: say why") }
    return ApprovalTerms(
      operations: try order.operations.map(operations), by: by.description, reason: order.reason, at: now,
      until: now.advanced(by: .milliseconds(order.milliseconds)))
  }

  private func operations(_ words: [String]) throws -> [String] {
    let known = PluginKit.Operation.allCases.filter { $0 != .ask }.map(\.rawValue)
    if let stranger = words.first(where: { !known.contains($0) }) {
      throw Failure(.usage, "--operations: '\(stranger)' is none of \(known.joined(separator: ", "))")
    }
    guard !words.isEmpty else { throw Failure(.usage, "--operations: name one or more of \(known.joined(separator: ", "))") }
    return known.filter(words.contains)
  }

  private func note(_ operation: String, _ wish: Wish, _ reason: String) throws {
    try journal(
      JournalEntry(
        at: now, verdict: "allow", isRefusal: false, operation: operation, principal: by.description, artifact: wish.artifact,
        plugin: "control", rule: "approval \(wish.id)", reason: reason))
  }
}

extension Wish {
  /// What is wanted, in words.
  var subject: String { artifact.map { "of \($0) (\(infoHash ?? ""))" } ?? "to this node" }
}

extension WishDocument {
  init(_ wish: Wish) {
    self.init(id: wish.id, principal: wish.principal, artifact: wish.artifact, infoHash: wish.infoHash)
  }
}

extension ApprovalDocument {
  init(_ approval: StoredApproval) {
    self.init(
      WishDocument(approval.wish), operations: approval.operations, by: approval.by, reason: approval.reason, at: approval.at.iso8601,
      until: approval.until.iso8601)
  }
}

extension PendingDocument.Entry {
  init(_ entry: PendingEntry) {
    self.init(
      WishDocument(entry.wish), address: entry.address, operation: entry.operation, plugin: entry.plugin, rule: entry.rule,
      reason: entry.reason, place: entry.place, firstSeen: entry.firstSeen.iso8601, lastSeen: entry.lastSeen.iso8601, count: entry.count)
  }
}
