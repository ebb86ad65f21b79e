import Metainfo
import Testing

@testable import Inventory

struct JournalTests {
  private let database: InventoryDatabase

  init() throws { database = try InventoryDatabase.inMemory() }

  private func append(_ entries: JournalEntry...) throws { try database.append(entries, mergingWithin: .seconds(60)) }

  @Test func `An entry comes back as it was written`() throws {
    let entry = Made.refusal(0, facts: #"{"client":"-XX0001-"}"#)
    let bare = JournalEntry(at: .noon, verdict: "allow", isRefusal: false, operation: "connect")
    try append(entry, bare)
    #expect(
      try database.journal() == [
        JournalRow(id: 1, entry: entry, count: 1, lastAt: .noon), JournalRow(id: 2, entry: bare, count: 1, lastAt: .noon),
      ])
  }

  @Test func `Equal refusals within the window are one row, whatever their facts`() throws {
    try append(Made.refusal(0, facts: "{}"), Made.refusal(59, facts: #"{"port":2}"#))
    try append(Made.refusal(30))
    try append(Made.refusal(60))
    let rows = try database.journal()
    #expect(rows.map(\.count) == [3, 1])
    #expect(rows.map(\.lastAt) == [.noon(plus: 59), .noon(plus: 60)])
    #expect(rows.first?.entry == Made.refusal(0, facts: "{}"))
  }

  @Test func `Refusals that differ in anything else are rows of their own, and so are other verdicts`() throws {
    let allowed = JournalEntry(at: .noon, verdict: "allow", isRefusal: false, operation: "connect")
    let named = JournalEntry(at: .noon, verdict: "deny", isRefusal: true, operation: "connect", principal: "")
    let anonymous = JournalEntry(at: .noon, verdict: "deny", isRefusal: true, operation: "connect")
    try append(allowed, allowed, named, anonymous, Made.refusal(0), Made.refusal(0, address: "10.0.0.2"))
    #expect(try database.journal().map(\.count) == [1, 1, 1, 1, 1, 1])
  }

  @Test func `A clash of the index's numbers merges nothing`() throws {
    try append(Made.refusal(0))
    try database.execute("UPDATE journal SET address = '10.9.9.9'")
    try append(Made.refusal(1))
    #expect(try database.journal().map(\.count) == [1, 1])
  }

  @Test func `Text from peers is stored as it came, up to its limit`() throws {
    let hostile = "\u{1B}]0;x\u{7}'; DROP TABLE journal; --\u{202E}"
    let entry = JournalEntry(
      at: .noon, verdict: String(repeating: "v", count: 99), isRefusal: true, operation: "handshake", principal: hostile,
      address: String(repeating: "1", count: 999), artifact: String(repeating: "a", count: 999), plugin: String(repeating: "p", count: 99),
      rule: String(repeating: "r", count: 999), reason: String(repeating: "ß", count: 999), place: String(repeating: "l", count: 999),
      facts: #"{"x":""# + String(repeating: "f", count: 9999) + #""}"#)
    try append(entry)
    let stored = try #require(try database.journal().first?.entry)
    #expect(stored == entry)
    #expect(stored.principal == hostile)
    let sizes = [stored.verdict, stored.address, stored.artifact, stored.plugin, stored.rule, stored.reason, stored.place].map {
      $0?.utf8.count
    }
    #expect(sizes == [64, 128, 512, 64, 512, 1024, 512])
    #expect(stored.facts == #"{"left_out_bytes":10007}"#)
  }

  @Test func `Rows are found by time, refusal, peer and artifact`() throws {
    let other = JournalEntry(
      at: .noon(plus: 100), verdict: "allow", isRefusal: false, operation: "request", principal: "fleet/dns:a", address: "10.0.0.9",
      infoHash: SHA1Digest(hex: Made.hash(2)), artifact: "artifact-2")
    try append(Made.refusal(0), Made.refusal(0, address: "10.0.0.2"), other)
    func ids(_ filter: JournalFilter) throws -> [Int64] { try database.journal(filter).map(\.id) }
    #expect(try ids(JournalFilter()) == [1, 2, 3])
    #expect(try ids(JournalFilter(since: .noon(plus: 100))) == [3])
    #expect(try ids(JournalFilter(refusedOnly: true)) == [1, 2])
    #expect(try ids(JournalFilter(peers: ["10.0.0.2", "fleet/dns:a"])) == [2, 3])
    #expect(try ids(JournalFilter(infoHashes: [#require(SHA1Digest(hex: Made.hash(1))), .zero])) == [1, 2])
    #expect(try ids(JournalFilter(artifact: "artifact-2")) == [3])
    #expect(try ids(JournalFilter(refusedOnly: true, peers: ["10.0.0.9"])) == [])
  }

  @Test func `A limit gives the newest rows, a follower gets the next ones, both oldest first`() throws {
    for number in 0..<5 { try append(Made.refusal(number, address: "10.0.0.\(number)")) }
    #expect(try database.journal(JournalFilter(limit: 2)).map(\.id) == [4, 5])
    #expect(try database.journal(JournalFilter(after: 1, limit: 2)).map(\.id) == [2, 3])
    #expect(try database.journal(JournalFilter(after: 5)).isEmpty)
    #expect(try database.journal(JournalFilter(limit: -1)).isEmpty)
  }

  @Test func `The journal is pruned by rows and by age, and ids go on`() throws {
    for number in 0..<10 { try append(Made.refusal(number, address: "10.0.0.\(number)")) }
    #expect(try database.pruneJournal(olderThan: .noon(plus: 3)) == 3)
    #expect(try database.pruneJournal(keeping: 4) == 3)
    #expect(try database.journal().map(\.id) == [7, 8, 9, 10])
    #expect(try database.pruneJournal(keeping: 0) == 4)
    try append(Made.refusal(0))
    #expect(try database.journal().map(\.id) == [11])
  }

  @Test func `A journal longer than a chunk is pruned whole`() throws {
    try database.execute(
      """
      INSERT INTO journal (at, last_at, count, refused, verdict, operation, merge_key)
      WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 25000) SELECT i, i, 1, 0, 'allow', 'connect', 0 FROM n
      """)
    #expect(try database.pruneJournal(keeping: 100) == 24_900)
    #expect(try database.counts().journalRows == 100)
  }
}
