import Metainfo
import Testing

@testable import Inventory

struct EvidenceTests {
  private let database: InventoryDatabase
  private let torrent: Torrent
  private let id: ArtifactID

  init() throws {
    database = try InventoryDatabase.inMemory()
    torrent = try Made.torrent("tools", v1: Made.hash(1))
    id = try database.add(Made.artifact(torrent), at: .noon).id
  }

  @Test func `A verification replaces identities, evidence and state together`() throws {
    var pieces = Bitfield(count: torrent.layout.pieceCount)
    pieces[0] = true
    let evidence = Evidence(pieces: pieces, verifiedAt: .noon(plus: 9), method: .verified)
    let found = Verification(identities: [0: Made.identity(50)], evidence: evidence, state: .changed, stateReason: "part-1 is gone")
    try database.record(found, of: id, at: .noon(plus: 10))
    let holding = try database.holding(of: id)
    #expect(holding.evidence == evidence)
    #expect(holding.files.map(\.identity) == [Made.identity(50), nil])
    #expect(holding.artifact.state == .changed && holding.artifact.stateReason == "part-1 is gone")
    #expect(holding.artifact.stateAt == .noon(plus: 10) && holding.artifact.verifiedPieces == 1)
  }

  @Test func `A verification that finds nothing leaves no evidence`() throws {
    try database.record(Verification(identities: [:], evidence: nil, state: .missing), of: id, at: .noon)
    #expect(try database.evidence(of: id) == nil)
  }

  @Test func `Evidence with another number of pieces is refused and what there was stays`() throws {
    let before = try database.holding(of: id)
    let evidence = Evidence(pieces: Bitfield(count: torrent.layout.pieceCount + 1), verifiedAt: .noon, method: .verified)
    #expect(throws: InventoryError.invalid(problem: "evidence of 7 pieces for an artifact of 6")) {
      try database.record(Verification(identities: [:], evidence: evidence, state: .ready), of: id, at: .noon)
    }
    #expect(try database.holding(of: id) == before)
  }

  @Test(arguments: [
    "UPDATE files SET modified_ns = modified_ns + 1 WHERE file_index = 0", "UPDATE files SET path = 'other' WHERE file_index = 2",
    "DELETE FROM files WHERE file_index = 0", "INSERT INTO files (artifact_id, file_index, path, length) VALUES (1, 9, 'new', 0)",
    "UPDATE artifacts SET data_root = '/elsewhere'",
  ])
  func `Evidence does not outlive what it was won against, whoever changes that`(sql: String) throws {
    try database.execute(sql)
    #expect(try database.evidence(of: id) == nil)
  }

  @Test func `Evidence outlives a write that changes nothing`() throws {
    try database.execute("UPDATE files SET modified_ns = modified_ns; UPDATE artifacts SET data_root = data_root, state = 'paused'")
    #expect(try database.evidence(of: id) == Made.evidence(of: torrent))
  }

  @Test func `The oldest evidence of what is ready is known, and how many are older than a time`() throws {
    let other = try database.add(Made.artifact(2), at: .noon).id
    #expect(try database.confirmEvidence(of: id, from: .noon, at: .noon(plus: 60)))
    let age = try database.evidenceAge(before: .noon(plus: 30))
    #expect(age.oldest?.id == other && age.oldest?.at == .noon && age.due == 1)
    #expect(try database.oldestEvidence(before: .noon(plus: 30), besides: []) == other)
    #expect(try database.oldestEvidence(before: .noon(plus: 61), besides: [other]) == id)
    #expect(try database.oldestEvidence(before: .noon, besides: []) == nil)
    try database.setState(.changed, of: other, at: .noon)
    #expect(try database.evidenceAge(before: .noon(plus: 61)).oldest?.id == id)
    try database.setState(.missing, of: id, at: .noon)
    #expect(try database.evidenceAge(before: .noon(plus: 99)) == EvidenceAge(oldest: nil, due: 0))
  }

  @Test func `Evidence that is another one by now is not confirmed`() throws {
    #expect(try !database.confirmEvidence(of: id, from: .noon(plus: 1), at: .noon(plus: 2)))
    try database.execute("UPDATE files SET modified_ns = modified_ns + 1 WHERE file_index = 0")
    #expect(try !database.confirmEvidence(of: id, from: .noon, at: .noon(plus: 2)))
    #expect(try database.evidence(of: id) == nil)
  }

  @Test func `Several states change at once, but for what an operator has paused`() throws {
    let other = try database.add(Made.artifact(2), at: .noon).id
    try database.setState(.paused, reason: "operator", of: other, at: .noon)
    let changes = [id, other, ArtifactID(rawValue: 99)].map { StateChange(id: $0, state: .missing, reason: "gone") }
    try database.setStates(changes, at: .noon(plus: 5))
    #expect(try database.artifact(id).state == .missing && database.artifact(id).stateReason == "gone")
    #expect(try database.artifact(id).stateAt == .noon(plus: 5))
    #expect(try database.artifact(other).state == .paused)
  }

  @Test func `A state keeps its time until it changes`() throws {
    try database.setState(.paused, reason: "operator", of: id, at: .noon(plus: 1))
    try database.setState(.paused, reason: "operator", of: id, at: .noon(plus: 2))
    #expect(try database.artifact(id).stateAt == .noon(plus: 1))
    try database.setState(.paused, reason: "disk", of: id, at: .noon(plus: 3))
    #expect(try database.artifact(id).stateAt == .noon(plus: 3))
    #expect(throws: InventoryError.unknownArtifact("#9")) { try database.setState(.ready, of: ArtifactID(rawValue: 9), at: .noon) }
  }

  @Test func `Every state can be stored`() throws {
    for state in ArtifactState.allCases {
      try database.setState(state, of: id, at: .noon)
      #expect(try database.artifact(id).state == state)
    }
  }
}
