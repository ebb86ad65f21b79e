import Control
import Engine
import Inventory
import Logging

/// What operators say to wishes while the node runs: it holds at once, for those that are connected too. Waits for the disk.
struct NodeWishes {
  let node: Node

  func approve(_ order: WishOrder, by caller: ControlCaller) throws -> ApprovalChangeDocument {
    // What has just been refused may be meant.
    try? node.pending.flush()
    let approval = try desk(caller).approve(order)
    node.approvals.put(approval)
    node.engine.judgeAgain()
    let warnings = node.approvals.problem.map { ["approvals of before could not be read, and do not hold: \($0)"] } ?? []
    return ApprovalChangeDocument("approved", ApprovalDocument(approval), warnings: warnings)
  }

  func revoke(_ id: String, by caller: ControlCaller) throws -> ApprovalChangeDocument {
    // Whatever the disk says: it must not hold any more.
    let isGone = node.approvals.remove(startingWith: id)
    if isGone { node.engine.judgeAgain() }
    do {
      return ApprovalChangeDocument("revoked", ApprovalDocument(try desk(caller).revoke(id)))
    } catch {
      guard isGone else { throw error }
      let failure = Failure(error)
      let problem = failure.lines.map(\.message).joined(separator: "; ")
      throw Failure(failure.status, "the approval does not hold any more, but a restart would bring it back: \(problem)")
    }
  }

  func reject(_ order: WishOrder, by caller: ControlCaller) throws -> RejectionDocument {
    try? node.pending.flush()
    return try desk(caller).reject(order)
  }

  private func desk(_ caller: ControlCaller) -> WishDesk {
    WishDesk(database: node.database, by: caller, now: .now()) { [node] in node.journal.writer.append($0) }
  }
}
