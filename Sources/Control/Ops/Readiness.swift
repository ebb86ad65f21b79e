/// `/readyz`: whether a node does what it is there for, and what it has to say about that.
package struct ReadinessDocument: Codable, Sendable, Hashable {
  package struct Check: Codable, Sendable, Hashable {
    package let name: String
    package let ok: Bool
    /// Whether the node is not ready where this is not ok. The others are for people: a tracker that is down must not take a whole fleet
    /// out of service.
    package let required: Bool
    package let reason: String

    package init(_ name: String, ok: Bool, required: Bool, reason: String) {
      (self.name, self.ok, self.required, self.reason) = (name, ok, required, reason)
    }
  }

  package let schema: String
  package let node: String
  package let ready: Bool
  package let checks: [Check]

  package init(node: String, checks: [Check]) {
    schema = "granary.readiness/1"
    (self.node, self.checks) = (node, checks)
    ready = checks.allSatisfy { $0.ok || !$0.required }
  }
}

/// What is known of a node at a moment. A value, judged by `checks`.
package struct ReadinessFacts: Sendable, Hashable {
  /// Addresses of one kind: how many are open, of how many.
  package struct Addresses: Sendable, Hashable {
    package let kind: String
    package let open: Int
    package let wanted: Int

    package init(_ kind: String, open: Int, wanted: Int) {
      (self.kind, self.open, self.wanted) = (kind, open, wanted)
    }
  }

  /// How the inventory answers.
  package enum Inventory: Sendable, Hashable {
    case answers
    /// It has not answered in time.
    case silent
    /// It cannot be read, or what happens cannot be written to it.
    case fails(String)
  }

  /// A certificate of ours with its list of revocations.
  package struct Certificate: Sendable, Hashable {
    package let entry: String
    /// Whole days; negative where the end is past.
    package let daysLeft: Int64
    /// The same of the first list that ends; nil where none does.
    package let revocationDaysLeft: Int64?

    package init(_ entry: String, daysLeft: Int64, revocationDaysLeft: Int64? = nil) {
      (self.entry, self.daysLeft, self.revocationDaysLeft) = (entry, daysLeft, revocationDaysLeft)
    }
  }

  /// A file system that we write to.
  package struct Disk: Sendable, Hashable {
    package let path: String
    package let free: Int64
    package let size: Int64

    package init(_ path: String, free: Int64, size: Int64) {
      (self.path, self.free, self.size) = (path, free, size)
    }

    /// A hundredth, or as much as a day's journal needs.
    package var isNearlyFull: Bool { free < min(size / 100, 256 << 20) }
  }

  package var isStopping = false
  package var addresses: [Addresses] = []
  package var inventory = Inventory.silent
  package var policyGeneration: UInt64 = 0
  /// Guards that have failed too often, and deny everything since.
  package var trippedGuards: [String] = []
  package var certificates: [Certificate] = []
  /// How many of the trackers that are announced to fail; nil where that is not known.
  package var failingTrackers: Int?
  package var allTrackers = 0
  /// Nil where they have not answered in time.
  package var disks: [Disk]?
  /// Nil where there is none.
  package var budget: Budget?
  /// Artifacts that wait to be verified, and such as are not served because of their data; nil where that is not known.
  package var doubtful: Int?
  package var unserved: Int?

  /// How much of `disk.max` is used.
  package struct Budget: Sendable, Hashable {
    package let used: Int64
    package let most: Int64
    /// Percent.
    package let high: Int

    package init(used: Int64, most: Int64, high: Int) {
      (self.used, self.most, self.high) = (used, most, high)
    }

    package var percent: Int { most > 0 ? Int(clamping: Int64((Double(used) / Double(most) * 100).rounded(.down))) : 100 }
  }

  package init() {}
}
