import Control
import Engine
import Foundation
import Inventory
import Metainfo
import PluginKit
import Settings
import TestSupport
import Testing

@testable import GranaryNode

/// What waits for an answer, and the answers, in a whole node and without one.
struct PendingNodeTests {
  private let folder: TemporaryDirectory
  private let artifact = PolicyFixtures.artifact()

  init() throws {
    KnownPlugins.set(PluginRegistry(Granary.builtInPlugins))
    folder = try TemporaryDirectory("pending")
    try FileManager.default.createDirectory(atPath: folder.path("data"), withIntermediateDirectories: true)
  }

  private func node() throws -> Node {
    let yaml = """
      node: { name: rig, state: \(folder.path("state")) }
      listen: [{ address: "127.0.0.1:0" }]
      artifacts: { roots: [\(folder.path("data"))] }
      pipeline:
        - allowlist: { identities: ["fleet/dns:known"] }
        - gate: { on_request: [{ identities: ["fleet/dns:known"] }, { identities: ["fleet/dns:banned"], answer: deny }] }
      """
    let settings = try NodeSettings.load(bytes: Array(yaml.utf8), file: "rig.yaml", environment: SettingsEnvironment())
    let configuration = NodeConfiguration(settings: settings)
    let node = try Node(configuration: configuration) { configuration }
    node.attach()
    return node
  }

  private func facts(_ name: String = "dns:edge-7") -> PeerFacts {
    var facts = PolicyFixtures.peer(artifact: artifact, now: .now)
    facts.identities = [Identity(trust: "fleet", name: name)]
    return facts
  }

  /// What the engine writes down when it refuses this peer.
  private func refuse(_ facts: PeerFacts, _ node: Node) throws {
    let decision = node.engine.pipeline.decide(.connect, facts)
    let refusal = try #require(decision.refusal)
    node.journal.record(
      JournalRecord(
        at: facts.now, principal: facts.principal, address: facts.address, infoHash: facts.infoHash, artifact: facts.artifact?.name,
        operation: "connect", verdict: "deny", plugin: refusal.plugin, reason: refusal.verdict.reason,
        facts: RecordedFacts(facts, .connect), isUnmatched: decision.isUnmatched))
  }

  private func order(_ id: String, hours: Int64 = 24, _ operations: [String]? = nil) -> WishOrder {
    var order = WishOrder(id: id, milliseconds: hours * 3_600_000, reason: "a drill")
    order.operations = operations
    return order
  }

  private func isServed(_ facts: PeerFacts, _ node: Node) -> Bool {
    let pipeline = node.engine.pipeline
    return pipeline.decide(.connect, facts).isAllowed && pipeline.grant(facts).scope == .everything
  }

  @Test func anAnswerHoldsAtOnceAndIsInTheJournal() async throws {
    let node = try node()
    let wishes = NodeWishes(node: node)
    try refuse(facts(), node)
    try node.pending.flush()
    let id = try #require(try node.database.pending().first?.wish.id)
    #expect(!isServed(facts(), node))
    let approved = try wishes.approve(order(id), by: .user(1000))
    #expect(approved.approval.by == "uid 1000" && approved.approval.principal == "fleet/dns:edge-7")
    #expect(isServed(facts(), node) && !isServed(facts("dns:edge-8"), node))
    #expect(node.engine.pipeline.grant(facts()).metadata.approval?.verdict.rule == "approval \(id)")
    #expect(try node.database.pending().isEmpty)
    // A reload makes another pipeline, and the approval holds in it.
    _ = try node.reload()
    #expect(isServed(facts(), node))
    _ = try wishes.revoke(id, by: .user(1000))
    #expect(!isServed(facts(), node))
    try node.journal.writer.flush()
    let rows = try node.database.journal().map(\.entry).filter { $0.plugin == "control" }
    #expect(rows.map(\.operation) == ["approve", "revoke"])
    #expect(rows.allSatisfy { $0.principal == "uid 1000" && $0.rule == "approval \(id)" && $0.artifact == artifact.name })
    await node.shutDown(why: "the test is over")
  }

  @Test func whoIsBannedIsNeitherPendingNorApproved() async throws {
    let node = try node()
    try refuse(facts(), node)
    try node.pending.flush()
    let id = try #require(try node.database.pending().first?.wish.id)
    _ = try NodeWishes(node: node).approve(order(id, ["connect"]), by: .user(0))
    #expect(node.engine.pipeline.decide(.connect, facts()).isAllowed)
    #expect(!isServed(facts(), node), "what was not approved is as it was")
    let banned = node.engine.pipeline.grant(facts("dns:banned")).request
    #expect(!banned.isAllowed && !banned.isUnmatched)
    await node.shutDown(why: "the test is over")
  }

  @Test func onlyPeersWithGoodIdentitiesAndOurArtifactsWait() throws {
    var record = JournalRecord(
      at: .now, principal: "p", address: facts().address, infoHash: nil, operation: "connect", verdict: "deny", plugin: "allowlist",
      reason: "r", facts: RecordedFacts(facts(), .connect), isUnmatched: true)
    #expect(PendingEntry(record)?.wish.artifact == artifact.name)
    record.isUnmatched = false
    #expect(PendingEntry(record) == nil)
    record.isUnmatched = true
    record.facts = RecordedFacts(PolicyFixtures.peer(artifact: artifact), .connect)
    #expect(PendingEntry(record) == nil, "an address is no identity")
    var nameless = facts()
    (nameless.artifact, nameless.infoHash) = (nil, nil)
    record.facts = RecordedFacts(nameless, .connect)
    #expect(PendingEntry(record)?.wish.infoHash == nil && PendingEntry(record) != nil)
    record.infoHash = .zero
    #expect(PendingEntry(record) == nil, "it asks for what is none of ours")
    var endless = facts("dns:" + String(repeating: "x", count: 900))
    endless.artifact = artifact
    record.facts = RecordedFacts(endless, .connect)
    #expect(PendingEntry(record) == nil)
  }

  @Test(arguments: [(0, "a drill"), (366 * 24 + 1, "a drill"), (24, " "), (-1, "a drill")] as [(Int64, String)])
  func anAnswerWithoutATimeOrAReasonIsNone(hours: Int64, reason: String) async throws {
    let node = try node()
    try refuse(facts(), node)
    try node.pending.flush()
    let id = try #require(try node.database.pending().first?.wish.id)
    let order = WishOrder(id: id, milliseconds: hours * 3_600_000, reason: reason)
    let first = #expect(throws: Failure.self) { try NodeWishes(node: node).approve(order, by: .user(0)) }
    #expect(first?.status == .usage)
    let strange = self.order(id, ["connect", "everything"])
    let second = #expect(throws: Failure.self) { try NodeWishes(node: node).approve(strange, by: .user(0)) }
    #expect(second?.status == .usage)
    #expect(!isServed(facts(), node))
    await node.shutDown(why: "the test is over")
  }

  @Test func withoutANodeAnswersGoIntoTheInventoryAndItsJournal() async throws {
    let first = try node()
    try refuse(facts(), first)
    try refuse(facts("dns:edge-8"), first)
    await first.shutDown(why: "the test starts it again")
    let database = try InventoryDatabase.open(path: folder.path("state/inventory.sqlite"))
    let desk = WishDesk(database: database, by: .user(7), now: .now()) { try database.append([$0], mergingWithin: .zero) }
    let ids = try database.pending().map(\.wish.id)
    #expect(ids.count == 2)
    let approval = try desk.approve(order(ids[0]))
    #expect(try desk.reject(order(ids[1])).wish.id == ids[1])
    #expect(try database.pending().isEmpty)
    #expect(try database.journal().map(\.entry).suffix(2).map(\.operation) == ["approve", "reject"])
    #expect(ApprovalBook(try database.approvals(at: .now())).approval(of: .request, for: facts(approval.wish.name)) != nil)
    try database.close()
  }
}
