import Testing

@testable import Control

@Suite struct ReadinessTests {
  /// A node that is well.
  private static let well: ReadinessFacts = {
    var facts = ReadinessFacts()
    facts.addresses = [.init("peers", open: 2, wanted: 2), .init("http", open: 1, wanted: 1)]
    facts.inventory = .answers
    facts.policyGeneration = 3
    facts.certificates = [.init("fleet", daysLeft: 12, revocationDaysLeft: 3)]
    (facts.failingTrackers, facts.allTrackers) = (0, 2)
    facts.disks = [.init("/srv", free: 1 << 34, size: 1 << 40)]
    facts.budget = .init(used: 94, most: 100, high: 95)
    (facts.doubtful, facts.unserved) = (0, 0)
    return facts
  }()

  private func judge(_ change: (inout ReadinessFacts) -> Void) -> ReadinessDocument {
    var facts = Self.well
    change(&facts)
    return ReadinessDocument(node: "depot", checks: facts.checks)
  }

  @Test func `a node that is well is ready, and says so of each part`() {
    let document = judge { _ in }
    #expect(document.ready && document.schema == "granary.readiness/1" && document.node == "depot")
    #expect(document.checks.allSatisfy { $0.ok })
    #expect(
      document.checks.map(\.name) == ["running", "listeners", "inventory", "policy", "certificates", "artifacts", "trackers", "disk"])
    #expect(document.checks.first { $0.name == "certificates" }?.reason == "fleet: 12 days left")
    #expect(document.checks.first { $0.name == "policy" }?.reason == "generation 3 is in force")
  }

  @Test(
    arguments: [
      ("running", "the node is stopping", { @Sendable in $0.isStopping = true }),
      ("listeners", "peers: 1 of 2 are open", { $0.addresses[0] = .init("peers", open: 1, wanted: 2) }),
      ("listeners", "there are none", { $0.addresses = [] }),
      ("inventory", "it has not answered in time", { $0.inventory = .silent }),
      ("inventory", "the disk is full", { $0.inventory = .fails("the disk is full") }),
      ("policy", "no policy is in force", { $0.policyGeneration = 0 }),
      ("policy", "generation 3 is in force, and denies everything: gate failed too often", { $0.trippedGuards = ["gate"] }),
      ("certificates", "fleet: expired", { $0.certificates = [.init("fleet", daysLeft: -1)] }),
      (
        "certificates", "edge: a revocation list has expired",
        { $0.certificates = [.init("fleet", daysLeft: 9), .init("edge", daysLeft: 9, revocationDaysLeft: -2)] }
      ),
    ] as [(String, String, @Sendable (inout ReadinessFacts) -> Void)])
  func `what a node cannot do without makes it not ready`(
    name: String, reason: String, change: @Sendable (inout ReadinessFacts) -> Void
  ) {
    let document = judge(change)
    #expect(!document.ready)
    #expect(document.checks.filter { !$0.ok } == [.init(name, ok: false, required: true, reason: reason)])
  }

  @Test(
    arguments: [
      ("artifacts", "2 to be verified", { @Sendable in $0.doubtful = 2 }),
      ("artifacts", "2 to be verified, 1 changed, missing or failed", { ($0.doubtful, $0.unserved) = (2, 1) }),
      ("artifacts", "the inventory has not said how they are", { $0.unserved = nil }),
      ("trackers", "2 of 2 fail", { $0.failingTrackers = 2 }),
      ("trackers", "the announcer has not answered in time", { $0.failingTrackers = nil }),
      ("disk", "/srv: 100 MiB are free", { $0.disks = [.init("/srv", free: 100 << 20, size: 1 << 40)] }),
      ("disk", "96% of disk.max are used, the high water is 95%", { $0.budget = .init(used: 969, most: 1000, high: 95) }),
      ("disk", "it has not answered in time", { $0.disks = nil }),
    ] as [(String, String, @Sendable (inout ReadinessFacts) -> Void)])
  func `of the rest it is told, and the node is ready`(name: String, reason: String, change: @Sendable (inout ReadinessFacts) -> Void) {
    let document = judge(change)
    #expect(document.ready)
    #expect(document.checks.filter { !$0.ok } == [.init(name, ok: false, required: false, reason: reason)])
  }

  @Test func `nothing known is not ready`() {
    #expect(!ReadinessDocument(node: "depot", checks: ReadinessFacts().checks).ready)
  }

  @Test func `a node without certificates, trackers and budget lacks nothing`() {
    let document = judge { ($0.certificates, $0.allTrackers, $0.budget) = ([], 0, nil) }
    #expect(document.ready && document.checks.allSatisfy { $0.ok })
  }
}
