import Inventory
import Logging
import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import GranaryNode

/// Approvals as event loops ask for them.
struct ApprovalBookTests {
  private let clock: ManualClock
  private let began: ContinuousClock.Instant
  private let artifact = PolicyFixtures.artifact()

  init() {
    clock = ManualClock()
    began = clock.now
  }

  private func stored(
    _ name: String = "dns:edge-7", _ operations: [String]? = nil, hasArtifact: Bool = true, seconds: Int = 60
  ) throws -> StoredApproval {
    let database = try InventoryDatabase.inMemory()
    let noon = Timestamp(nanoseconds: PolicyFixtures.noon.nanoseconds)
    let wish = try #require(Wish(trust: "fleet", name: name, artifact: hasArtifact ? (artifact.infoHash, artifact.name) : nil))
    try database.note([
      PendingEntry(wish: wish, address: "10.1.2.3:5", operation: "connect", plugin: "p", rule: nil, reason: "r", place: nil, at: noon)
    ])
    let terms = ApprovalTerms(
      operations: operations, by: "uid 0", reason: "a drill", at: noon, until: noon.advanced(by: .seconds(seconds)))
    return try database.approve(wish.id, terms)
  }

  private func facts(_ names: String..., trust: String = "fleet", about artifact: ArtifactFacts? = nil) -> PeerFacts {
    var facts = PolicyFixtures.peer(artifact: artifact)
    facts.identities = names.map { Identity(trust: trust, name: $0) }
    let passed = (clock.now - began) / .nanoseconds(1)
    facts.now = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + Int64(passed))
    return facts
  }

  @Test func anApprovalIsForItsIdentityItsArtifactAndItsOperations() throws {
    let approval = try stored()
    let book = ApprovalBook([approval])
    #expect(book.approval(of: .request, for: facts("dns:edge-7", about: artifact))?.id == approval.wish.id)
    #expect(book.approval(of: .connect, for: facts("dns:x", "dns:edge-7", about: artifact))?.reason == "a drill")
    #expect(book.approval(of: .message, for: facts("dns:edge-7", about: artifact)) == nil)
    #expect(book.approval(of: .connect, for: facts("dns:edge-7")) == nil, "no artifact is named yet")
    #expect(book.approval(of: .connect, for: facts("dns:edge-7", trust: "other", about: artifact)) == nil)
    #expect(book.approval(of: .connect, for: facts("dns:edge-70", about: artifact)) == nil)
    let other = PolicyFixtures.artifact("app-2.0", infoHash: PolicyFixtures.infoHash(7))
    #expect(book.approval(of: .connect, for: facts("dns:edge-7", about: other)) == nil)
    #expect(book.approval(of: .connect, for: PolicyFixtures.peer(artifact: artifact)) == nil, "an address is no identity")
  }

  @Test func itEndsWithItsTime() throws {
    let book = ApprovalBook([try stored(seconds: 60)])
    _ = clock.advance(by: .seconds(59))
    #expect(book.approval(of: .connect, for: facts("dns:edge-7", about: artifact)) != nil)
    _ = clock.advance(by: .seconds(1))
    #expect(book.approval(of: .connect, for: facts("dns:edge-7", about: artifact)) == nil)
  }

  @Test func whoMayConnectForAnythingMayDoNothingElse() throws {
    let book = ApprovalBook([try stored(hasArtifact: false)])
    for artifact in [nil, artifact] {
      #expect(book.approval(of: .connect, for: facts("dns:edge-7", about: artifact)) != nil)
      #expect(book.approval(of: .request, for: facts("dns:edge-7", about: artifact)) == nil)
    }
  }

  @Test func oneIsReplacedByItsLikeAndTakenBackByAStartOfItsID() throws {
    let book = ApprovalBook([try stored(), try stored("dns:edge-8")])
    let narrow = try stored("dns:edge-7", ["connect"])
    book.put(narrow)
    #expect(book.approval(of: .request, for: facts("dns:edge-7", about: artifact)) == nil)
    #expect(!book.remove(startingWith: "") && !book.remove(startingWith: "zz"))
    #expect(book.remove(startingWith: String(narrow.wish.id.prefix(8))))
    #expect(book.approval(of: .connect, for: facts("dns:edge-7", about: artifact)) == nil)
    #expect(book.approval(of: .connect, for: facts("dns:edge-8", about: artifact)) != nil)
  }

  @Test func whatCannotBeReadAllowsNobodyAnythingAndIsTold() throws {
    let folder = try TemporaryDirectory("approvals")
    let database = try InventoryDatabase.open(path: folder.path("inventory.sqlite"))
    try database.close()
    let book = ApprovalBook(database, Logger(label: "test"))
    #expect(book.problem != nil)
    #expect(book.approval(of: .connect, for: facts("dns:edge-7", about: artifact)) == nil)
  }
}
