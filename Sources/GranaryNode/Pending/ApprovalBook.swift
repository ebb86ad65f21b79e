import Inventory
import Logging
import Metainfo
import PluginKit
import Synchronization

/// The approvals that hold, in memory, for event loops. What could not be read allows nobody anything.
final class ApprovalBook: Approvals {
  private struct Entry {
    let infoHash: String?
    let operations: Set<PluginKit.Operation>
    let approval: Approval
  }

  /// Why the approvals could not be read; nil where they were.
  let problem: InventoryError?
  private let entries: Mutex<[Identity: [Entry]]>

  /// Those of an inventory.
  convenience init(_ database: InventoryDatabase, _ logger: Logger) {
    do {
      self.init(try database.approvals(at: .now()))
    } catch {
      logger.error("approvals could not be read: none holds", metadata: .event(.approvalsUnreadable, ["error": "\(error)"]))
      self.init([], problem: error)
    }
  }

  init(_ approvals: [StoredApproval], problem: InventoryError? = nil) {
    self.problem = problem
    entries = Mutex([:])
    for approval in approvals { put(approval) }
  }

  /// From now on this one holds, in the place of one of the same id.
  func put(_ stored: StoredApproval) {
    let entry = Entry(
      infoHash: stored.wish.infoHash, operations: Set(stored.operations.compactMap(PluginKit.Operation.init)),
      approval: Approval(
        id: stored.wish.id, by: stored.by, reason: stored.reason, until: WallTime(nanoseconds: stored.until.nanoseconds)))
    entries.withLock { entries in
      let others = (entries[stored.wish.identity] ?? []).filter { $0.approval.id != stored.wish.id }
      entries[stored.wish.identity] = others + [entry]
    }
  }

  /// From now on there is none under the one id that begins with the text; false where several do, or none.
  func remove(startingWith text: String) -> Bool {
    let start = text.lowercased()
    return entries.withLock { entries in
      let ids = entries.values.flatMap { $0.map(\.approval.id) }.filter { $0.hasPrefix(start) }
      guard !start.isEmpty, ids.count == 1 else { return false }
      entries = entries.compactMapValues { approvals in
        let others = approvals.filter { $0.approval.id != ids[0] }
        return others.isEmpty ? nil : others
      }
      return true
    }
  }

  func approval(of operation: PluginKit.Operation, for facts: PeerFacts) -> Approval? {
    entries.withLock { entries in
      guard !entries.isEmpty else { return nil }
      let infoHash = facts.artifact?.infoHash.description
      for identity in facts.identities {
        let found = entries[identity]?.first { entry in
          facts.now < entry.approval.until && entry.operations.contains(operation) && (entry.infoHash == nil || entry.infoHash == infoHash)
        }
        if let found { return found.approval }
      }
      return nil
    }
  }
}

extension Wish {
  var identity: Identity { Identity(trust: trust, name: name) }

  /// What a peer wants of the artifact, or of the node; nil where its identity cannot be kept.
  init?(_ identity: Identity, _ artifact: (infoHash: InfoHash, name: String)?) {
    self.init(trust: identity.trust, name: identity.name, artifact: artifact)
  }
}
