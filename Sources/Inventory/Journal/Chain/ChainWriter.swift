import Foundation
import GRDB
import Metainfo

/// Adds links within one transaction, the same one as the rows': they are in the file together or not at all.
struct ChainWriter {
  private(set) var keeper: ChainKeeper
  private let db: Database
  private let hasher = ChainHasher()
  private var head: JournalHead
  /// The highest number that was ever given to a link. It does not go back where links are cut off, so that the cut shows.
  private var counter: Int64

  /// Begins the chain where there is none yet.
  init(_ db: Database, _ keeper: ChainKeeper, at now: Timestamp) throws {
    (self.db, self.keeper) = (db, keeper)
    let stored = try Self.head(db)
    counter = max(try InventoryDatabase.counter(db, of: "journal_chain"), stored?.sequence ?? 0)
    if let own = keeper.head {
      let isOurs = stored == own || (stored != nil && stored == keeper.attempted)
      head = isOurs ? stored ?? own : own
      if !isOurs { self.keeper.isForeign = true }
    } else {
      head = stored ?? .none
      self.keeper.unsigned = try Self.unsigned(db)
    }
    self.keeper.attempted = nil
    if counter == 0 { try begin(now) }
  }

  // MARK: Rows

  /// Chains a row that was just written. `isOpen`: equal refusals will be counted in it.
  mutating func add(_ content: JournalContent, isOpen: Bool, isMany: Bool) throws {
    let kind: ChainLink.Kind = isOpen ? isMany ? .many : .open : .row
    if isOpen { keeper.mayBeOpen = true }
    try append(kind, row: content.fixed.id, content: content.bytes(for: kind) ?? [])
  }

  /// Chains the counts of rows whose window has passed, `limit` of them at most; all that are open where there is no time.
  mutating func close(until now: Timestamp?, limit: Int) throws {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT id, count, last_at, CAST(facts AS BLOB) AS facts FROM journal WHERE open_until <= ? ORDER BY open_until, id LIMIT ?
        """, arguments: [now?.nanoseconds ?? .max, limit])
    for row in rows {
      let id: Int64 = try row.value("id")
      let counted = JournalContent.Counted(
        count: try row.value("count"), lastAt: try row.value("last_at"), facts: try row.bytes("facts"))
      try append(.closed, row: id, content: JournalContent.closing(id, counted))
      try db.cachedStatement(sql: "UPDATE journal SET open_until = NULL WHERE id = ?").execute(arguments: [id])
    }
    if rows.count < limit {
      keeper.mayBeOpen = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM journal WHERE open_until IS NOT NULL)") ?? true
    }
  }

  // MARK: Notes

  /// Signs the chain as it is, unless its end is signed or there is no key.
  mutating func checkpoint(at now: Timestamp) throws {
    guard keeper.signer != nil, keeper.unsigned > 0 else { return }
    let note = ChainNotes.Checkpoint(lastRow: try InventoryDatabase.counter(db, of: "journal"), at: now)
    try append(.checkpoint, body: note.body, at: now)
  }

  /// Forgets the links of the rows up to a number, which are to be removed right after, and says so in a signed link.
  mutating func prune(throughRow row: Int64, rows: Int64, at now: Timestamp) throws {
    let cut = try lastLink(ofRowsThrough: row)
    let base = try Self.head(db, upTo: cut) ?? self.base()
    try keepDigests(ofClosings: row, after: cut)
    try db.execute(sql: "DELETE FROM journal_chain WHERE seq <= ?", arguments: [cut])
    try append(.pruned, body: ChainNotes.Pruned(throughRow: row, base: base, rows: rows, at: now).body, at: now)
  }

  /// The link that brought the last of the rows up to a number; 0 where all of them are from before the chain, which then keeps its beginning.
  private func lastLink(ofRowsThrough row: Int64) throws -> Int64 {
    let kinds = "kind IN ('row', 'open', 'many')"
    let next = try Int64.fetchOne(
      db, sql: "SELECT seq FROM journal_chain WHERE \(kinds) AND journal_id > ? ORDER BY seq LIMIT 1", arguments: [row])
    return try Int64.fetchOne(
      db, sql: "SELECT seq FROM journal_chain WHERE \(kinds) AND seq < ? ORDER BY seq DESC LIMIT 1", arguments: [next ?? .max]) ?? 0
  }

  /// After which link the chain begins.
  private func base() throws -> JournalHead {
    let body = try Data.fetchOne(db, sql: "SELECT body FROM journal_chain WHERE kind = 'pruned' ORDER BY seq DESC LIMIT 1")
    return ChainNotes.Pruned(body: body.map { [UInt8]($0) })?.base ?? .none
  }

  /// Of what goes, closings that stay are hashed over: they keep that hash.
  private func keepDigests(ofClosings row: Int64, after cut: Int64) throws {
    let sql = """
      SELECT c.seq, j.id, j.count, j.last_at, CAST(j.facts AS BLOB) AS facts FROM journal_chain c JOIN journal j ON j.id = c.journal_id
      WHERE c.kind = 'closed' AND c.journal_id <= ? AND c.seq > ?
      """
    for found in try Row.fetchAll(db, sql: sql, arguments: [row, cut]) {
      let counted = JournalContent.Counted(
        count: try found.value("count"), lastAt: try found.value("last_at"), facts: try found.bytes("facts"))
      let digest = hasher.digest(of: JournalContent.closing(try found.value("id"), counted))
      let sequence: Int64 = try found.value("seq")
      try db.execute(sql: "UPDATE journal_chain SET body = ? WHERE seq = ?", arguments: [Data(digest.bytes), sequence])
    }
  }

  private mutating func begin(_ now: Timestamp) throws {
    let note = ChainNotes.Begin(lastRow: try InventoryDatabase.counter(db, of: "journal"), at: now)
    try append(.begin, body: note.body, at: now)
  }

  private mutating func append(_ kind: ChainLink.Kind, body: [UInt8], at now: Timestamp) throws {
    try append(kind, row: nil, content: body, body: body)
    guard keeper.signer != nil else { return }
    keeper.unsigned = 0
    keeper.checkpoint = JournalCheckpoint(head: head, at: now)
  }

  private mutating func append(_ kind: ChainLink.Kind, row: Int64?, content: [UInt8], body: [UInt8]? = nil) throws {
    counter += 1
    let hash = hasher.hash(after: head.hash, sequence: counter, kind: kind, row: row, content: hasher.digest(of: content))
    let signature = kind.isSigned ? try keeper.signer?.sign(hash) : nil
    let statement = try db.cachedStatement(
      sql: "INSERT INTO journal_chain (seq, kind, journal_id, body, hash, signature) VALUES (?, ?, ?, ?, ?, ?)")
    try statement.execute(arguments: [counter, kind.rawValue, row, body.map { Data($0) }, Data(hash.bytes), signature.map { Data($0) }])
    head = JournalHead(sequence: counter, hash: hash)
    keeper.head = head
    keeper.unsigned += 1
  }

  // MARK: What is there

  private static func head(_ db: Database, upTo sequence: Int64 = .max) throws -> JournalHead? {
    let sql = "SELECT seq, hash FROM journal_chain WHERE seq <= ? ORDER BY seq DESC LIMIT 1"
    guard let row = try Row.fetchOne(try db.cachedStatement(sql: sql), arguments: [sequence]) else { return nil }
    guard let hash = try row.bytes("hash").flatMap({ SHA256Digest($0) }) else { throw UnreadableRow(problem: "a link without a hash") }
    return JournalHead(sequence: try row.value("seq"), hash: hash)
  }

  private static func unsigned(_ db: Database) throws -> Int {
    let last = "coalesce((SELECT max(seq) FROM journal_chain WHERE signature IS NOT NULL), 0)"
    return try Int.fetchOne(db, sql: "SELECT count(*) FROM journal_chain WHERE seq > \(last)") ?? 0
  }
}
