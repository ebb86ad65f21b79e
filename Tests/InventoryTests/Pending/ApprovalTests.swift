import GRDB
import Metainfo
import Testing

@testable import Inventory

struct ApprovalTests {
  private let database: InventoryDatabase

  init() throws {
    database = try InventoryDatabase.inMemory()
    try database.note([try Made.entry(), try Made.entry(artifact: 0), try Made.entry("edge-8")])
  }

  @Test func `An approved wish waits no more, and what was refused before does not come back`() throws {
    let wish = try Made.entry().wish
    let approval = try database.approve(wish.id, Made.terms())
    #expect(approval.wish == wish && approval.operations == ["connect", "metadata", "request"])
    #expect(approval.by == "uid 0" && approval.reason == "a drill" && approval.until == .noon(plus: 1100))
    #expect(try database.pending().count == 2)
    // Refused before the approval, stored after it.
    try database.note([try Made.entry(at: 99)])
    #expect(try database.pending().count == 2)
    // Refused afterwards all the same: for something that was not approved.
    try database.note([try Made.entry(at: 101, operation: "message")])
    #expect(try database.pending().count == 3)
  }

  @Test func `An approval ends with its time`() throws {
    let id = try database.approve(try Made.entry().wish.id, Made.terms()).wish.id
    #expect(try database.approvals(at: .noon(plus: 1099)).map(\.wish.id) == [id])
    #expect(try database.approvals(at: .noon(plus: 1100)).isEmpty)
  }

  @Test func `The id of an approval renews it`() throws {
    let id = try database.approve(try Made.entry().wish.id, Made.terms()).wish.id
    let renewed = try database.approve(id, Made.terms(["connect"], at: 500))
    #expect(try database.approvals(at: .noon(plus: 600)) == [renewed])
    #expect(renewed.operations == ["connect"] && renewed.until == .noon(plus: 1500))
  }

  @Test func `A wish for the node itself is approved for connect only`() throws {
    let id = try Made.entry(artifact: 0).wish.id
    #expect { try database.approve(id, Made.terms(["connect", "request"])) } throws: {
      if case .invalid? = $0 as? InventoryError { true } else { false }
    }
    #expect(try database.pending().count == 3)
    #expect(try database.approve(id, Made.terms()).operations == ["connect"])
  }

  @Test func `An approval that is taken back is gone`() throws {
    let approval = try database.approve(try Made.entry().wish.id, Made.terms())
    #expect(try database.revokeApproval(String(approval.wish.id.prefix(6))) == approval)
    #expect(try database.approvals(at: .noon).isEmpty)
    #expect(throws: InventoryError.unknownWish(approval.wish.id)) { try database.revokeApproval(approval.wish.id) }
  }

  @Test func `A rejected wish stays away until its time is over, and can be approved`() throws {
    let wish = try Made.entry().wish
    #expect(try database.rejectWish(wish.id, Made.terms()) == wish)
    try database.note([try Made.entry(at: 1099)])
    #expect(try database.pending().allSatisfy { $0.wish != wish })
    try database.note([try Made.entry(at: 1100)])
    #expect(try database.pending().contains { $0.wish == wish })
    _ = try database.rejectWish(wish.id, Made.terms(at: 1200))
    #expect(try database.approve(wish.id, Made.terms(at: 1300)).wish == wish)
    #expect(try database.rows("SELECT count(*) FROM rejections") == [["0"]])
  }

  @Test(arguments: ["", "xyz", "000000000000", "0123456789abc", "'; DROP TABLE pending; --"])
  func `An id that there is not is an error`(id: String) throws {
    #expect(throws: InventoryError.unknownWish(id)) { try database.approve(id, Made.terms()) }
    #expect(throws: InventoryError.unknownWish(id)) { try database.rejectWish(id, Made.terms()) }
    #expect(try database.pending().count == 3)
  }

  @Test func `A start that several ids have names none of them`() throws {
    try database.note(try (0..<200).map { try Made.entry("edge-\($0)") })
    #expect {
      try database.approve(String(try Made.entry().wish.id.prefix(1)), Made.terms())
    } throws: {
      guard case .ambiguousWish(_, let candidates)? = $0 as? InventoryError else { return false }
      return (2...InventoryDatabase.candidateLimit).contains(candidates.count)
    }
    #expect(try database.approvals(at: .noon).isEmpty)
  }

  @Test func `Rejections are bounded`() throws {
    for number in 0..<1010 {
      let entry = try Made.entry("edge-\(number)", artifact: 3)
      try database.note([entry])
      _ = try database.rejectWish(entry.wish.id, Made.terms(at: number, for: 100_000))
    }
    #expect(try database.rows("SELECT count(*), min(at) FROM rejections") == [["1000", "\(Timestamp.noon(plus: 10).nanoseconds)"]])
  }
}
