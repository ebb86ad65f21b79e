/// Who wants what: an identity with the trust entry that vouches for it, and an artifact, or nothing but to connect.
package struct WishDocument: Codable, Sendable, Hashable {
  package let id: String
  /// `fleet/spiffe://corp/edge/7`.
  package let principal: String
  /// Null where nothing but the node itself was wanted.
  package let artifact: String?
  package let infoHash: String?

  package init(id: String, principal: String, artifact: String?, infoHash: String?) {
    (self.id, self.principal, self.artifact, self.infoHash) = (id, principal, artifact, infoHash)
  }

  enum CodingKeys: String, CodingKey {
    case id, principal, artifact
    case infoHash = "info_hash"
  }
}

/// `granary pending`: peers with good identities that no rule is about.
package struct PendingDocument: Codable, Sendable {
  /// What one of them wants.
  package struct Entry: Codable, Sendable, Hashable {
    package let id: String
    package let principal: String
    package let artifact: String?
    package let infoHash: String?
    /// Where it was last.
    package let address: String
    /// What it was refused last, by whom and why.
    package let operation: String
    package let plugin: String
    package let rule: String?
    package let reason: String
    package let place: String?
    /// ISO 8601.
    package let firstSeen: String
    package let lastSeen: String
    package let count: Int64

    package init(
      _ wish: WishDocument, address: String, operation: String, plugin: String, rule: String?, reason: String, place: String?,
      firstSeen: String, lastSeen: String, count: Int64
    ) {
      (id, principal, artifact, infoHash) = (wish.id, wish.principal, wish.artifact, wish.infoHash)
      (self.address, self.operation, self.plugin, self.rule) = (address, operation, plugin, rule)
      (self.reason, self.place, self.firstSeen, self.lastSeen, self.count) = (reason, place, firstSeen, lastSeen, count)
    }

    enum CodingKeys: String, CodingKey {
      case id, principal, artifact, address, operation, plugin, rule, reason, place, count
      case infoHash = "info_hash"
      case firstSeen = "first_seen"
      case lastSeen = "last_seen"
    }
  }

  package let schema: String
  /// The last ones first.
  package let pending: [Entry]
  /// How many there are, listed or not.
  package let total: Int

  package init(pending: [Entry], total: Int) {
    schema = "granary.pending/1"
    (self.pending, self.total) = (pending, total)
  }
}

/// An approval that holds.
package struct ApprovalDocument: Codable, Sendable, Hashable {
  package let id: String
  package let principal: String
  package let artifact: String?
  package let infoHash: String?
  package let operations: [String]
  /// Who has given it.
  package let by: String
  package let reason: String
  /// When it was given, and when it ends, ISO 8601.
  package let at: String
  package let until: String

  package init(_ wish: WishDocument, operations: [String], by: String, reason: String, at: String, until: String) {
    (id, principal, artifact, infoHash) = (wish.id, wish.principal, wish.artifact, wish.infoHash)
    (self.operations, self.by, self.reason, self.at, self.until) = (operations, by, reason, at, until)
  }

  enum CodingKeys: String, CodingKey {
    case id, principal, artifact, operations, by, reason, at, until
    case infoHash = "info_hash"
  }
}

/// `granary pending approvals`.
package struct ApprovalsDocument: Codable, Sendable {
  package let schema: String
  /// The next to end first.
  package let approvals: [ApprovalDocument]

  package init(approvals: [ApprovalDocument]) {
    schema = "granary.pending-approvals/1"
    self.approvals = approvals
  }
}

/// What is to be said to a wish, or to an approval of former times.
package struct WishOrder: Codable, Sendable {
  /// Its id, or a start of it that no other has.
  package let id: String
  /// Milliseconds that the answer is to hold.
  package let milliseconds: Int64
  package let reason: String
  /// Of an approval: what is allowed; nil for the usual.
  package var operations: [String]?

  package init(id: String, milliseconds: Int64, reason: String) {
    (self.id, self.milliseconds, self.reason) = (id, milliseconds, reason)
  }
}

/// `granary pending approve` and `granary pending revoke`.
package struct ApprovalChangeDocument: Codable, Sendable {
  package let schema: String
  /// `approved` or `revoked`.
  package let change: String
  package let approval: ApprovalDocument
  package let warnings: [String]

  package init(_ change: String, _ approval: ApprovalDocument, warnings: [String] = []) {
    schema = "granary.pending-approval/1"
    (self.change, self.approval, self.warnings) = (change, approval, warnings)
  }
}

/// `granary pending reject`.
package struct RejectionDocument: Codable, Sendable {
  package let schema: String
  package let wish: WishDocument
  /// Until when it does not come back, ISO 8601.
  package let until: String

  package init(wish: WishDocument, until: String) {
    schema = "granary.pending-rejection/1"
    (self.wish, self.until) = (wish, until)
  }
}
