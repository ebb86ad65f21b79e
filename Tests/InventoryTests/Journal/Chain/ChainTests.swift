import GRDB
import Metainfo
import OpenSSL
import Testing

@testable import Inventory

/// What is found of what another hand has done to a journal.
struct ChainTests {
  @Test func `A journal that nobody has touched is sound, and says what it covers`() throws {
    let rig = try ChainRig.filled()
    let found = try rig.verify()
    #expect(found.faults == [])
    #expect(found.rows == 35 && found.openRows == 0 && found.rowsBefore == 0 && found.unsignedLinks == 0)
    // A beginning, 35 rows, of which 25 are refusals and have a closing, and what was signed.
    #expect(found.links == 1 + 35 + 25 + found.signatures - 1)
    #expect(found.head == rig.checkpoints.last?.head)
    #expect(try rig.verify(found.head).isSound)
    for checkpoint in rig.checkpoints { #expect(try rig.verify(checkpoint.head).isSound) }
  }

  /// Each column, changed to something that the schema allows.
  private static let edits = [
    "at = at + 1", "last_at = last_at + 1", "count = count + 1", "refused = 1 - refused", "verdict = 'x'", "operation = 'x'",
    "principal = 'x'", "principal = NULL", "address = '10.0.0.99'", "address = ''", "info_hash = '\(Made.hash(7))'", "artifact = 'x'",
    "plugin = 'x'", "rule = 'x'", "rule = CASE WHEN rule IS NULL THEN '' END", "reason = 'x'", "place = 'x'", "policy_generation = 77",
    "facts = '{}'", "facts = CASE WHEN facts IS NULL THEN '' END", "merge_key = merge_key + 1", "open_until = 1",
    // What SQLite's own text functions would not see.
    "reason = reason || char(0) || 'hidden'", "reason = CAST(CAST(reason AS BLOB) || x'FF' AS TEXT)", "verdict = verdict || ' '",
  ]

  // Allowed, refused once, refused three times, one for many.
  @Test(arguments: [5, 15, 25, 35], edits)
  func `An edit of any column is found where it is`(row: Int, edit: String) throws {
    let rig = try ChainRig.filled()
    try rig.database.execute("UPDATE journal SET \(edit) WHERE id = \(row)")
    let found = try rig.verify()
    #expect(!found.isSound)
    #expect(Set(found.faults.map(\.row)) == [Int64(row)], "\(found.faults)")
  }

  @Test(arguments: [1, 5, 15, 25, 34])
  func `A row that is gone is found, and so is one that is gone with its links`(row: Int) throws {
    let rig = try ChainRig.filled()
    try rig.database.execute("DELETE FROM journal WHERE id = \(row)")
    #expect(try Set(rig.verify().faults.map(\.row)) == [Int64(row)])
    try rig.database.execute("DELETE FROM journal_chain WHERE journal_id = \(row)")
    let found = try rig.verify()
    #expect(!found.isSound && found.faults.contains { $0.problem.contains("missing") }, "\(found.faults)")
    // Not even where what is left is linked anew: the signatures are of what was.
    try rig.database.execute("UPDATE journal_chain SET seq = (SELECT count(*) FROM journal_chain c WHERE c.seq <= journal_chain.seq)")
    try rig.relink(from: 2)
    #expect(try !rig.verify().isSound)
  }

  @Test func `Rows that change places are found`() throws {
    let rig = try ChainRig.filled()
    try rig.database.execute(
      """
      UPDATE journal SET id = 1000 WHERE id = 3; UPDATE journal SET id = 3 WHERE id = 4; UPDATE journal SET id = 4 WHERE id = 1000
      """)
    #expect(try Set(rig.verify().faults.map(\.row)) == [3, 4])
    let other = try ChainRig.filled()
    // Contents too: the links stay where they are.
    try other.database.execute(
      "UPDATE journal SET address = (SELECT address FROM journal j WHERE j.id = 15 - journal.id) WHERE id IN (7, 8)")
    #expect(try other.verify().isSound == false)
  }

  @Test func `Links that change places are found`() throws {
    let rig = try ChainRig.filled()
    try rig.database.execute(
      """
      UPDATE journal_chain SET seq = 1000 WHERE seq = 6; UPDATE journal_chain SET seq = 6 WHERE seq = 7;
      UPDATE journal_chain SET seq = 7 WHERE seq = 1000
      """)
    let found = try rig.verify()
    #expect(found.faults.contains { $0.problem.contains("order") }, "\(found.faults)")
  }

  @Test func `A cut at the end shows by the numbers that were given out, and by a head that somebody kept`() throws {
    let rig = try ChainRig.filled()
    let kept = try #require(try rig.verify().head)
    try rig.database.execute("DELETE FROM journal WHERE id > 30; DELETE FROM journal_chain WHERE seq > 31")
    let found = try rig.verify()
    #expect(found.faults.contains { $0.problem.contains("cut off") } && found.faults.contains { $0.problem.contains("gone") })
    // With these taken back as well, only the head tells.
    try rig.database.execute(
      "UPDATE sqlite_sequence SET seq = 30 WHERE name = 'journal'; UPDATE sqlite_sequence SET seq = 31 WHERE name = 'journal_chain'")
    #expect(try !rig.verify(kept).isSound)
    #expect(try rig.verify(kept).faults.map(\.problem).contains { $0.contains("before the head that was given") })
  }

  @Test func `A chain that is gone or has lost its beginning is found`() throws {
    let rig = try ChainRig.filled()
    try rig.database.execute("DELETE FROM journal_chain WHERE seq <= 5; DELETE FROM journal WHERE id <= 4")
    #expect(try rig.verify().faults.first?.problem.contains("beginning was cut off") == true)
    try rig.database.execute("DELETE FROM journal_chain")
    #expect(try rig.verify().faults.first?.problem.contains("no chain any more") == true)
  }

  @Test func `Rows that nobody has written are found`() throws {
    let rig = try ChainRig.filled()
    let columns = "at, last_at, count, refused, verdict, operation, merge_key"
    try rig.database.execute("INSERT INTO journal (\(columns)) VALUES (1, 1, 1, 0, 'allow', 'connect', 0)")
    #expect(try rig.verify().faults.map(\.row) == [36])
    try rig.database.execute("DELETE FROM journal WHERE id = 36; UPDATE sqlite_sequence SET seq = 35 WHERE name = 'journal'")
    #expect(try rig.verify().isSound)
    try rig.database.execute("INSERT INTO journal (id, \(columns)) VALUES (-5, 1, 1, 1, 0, 'allow', 'connect', 0)")
    #expect(try rig.verify().faults.map(\.row) == [-5])
  }

  @Test func `Who has no key can link anew, and is found by the signatures`() throws {
    let rig = try ChainRig.filled()
    let kept = try #require(rig.checkpoints.last?.head)
    try rig.database.execute("UPDATE journal SET reason = 'nicer' WHERE id = 9")
    try rig.relink(from: 2)
    let found = try rig.verify()
    #expect(!found.faults.isEmpty && found.faults.allSatisfy { $0.problem.contains("signature") }, "\(found.faults)")
    // Without the signatures it is a chain without signatures, where one has them.
    try rig.database.execute("UPDATE journal_chain SET signature = NULL")
    #expect(try rig.verify().faults.allSatisfy { $0.problem.contains("not signed") } && !rig.verify().isSound)
    // Who compares hashes alone is fooled, unless there is a head.
    #expect(try rig.verify(keys: []).isSound)
    #expect(try rig.verify(kept, keys: []).faults.count == 1)
  }

  @Test func `A signature of another key is none, and a former key can be named`() throws {
    let rig = try ChainRig.filled()
    let other = try Ed25519.PrivateKey.generate()
    #expect(try !rig.verify(keys: [other.publicKey]).isSound)
    #expect(try rig.verify(keys: [other.publicKey, rig.key.publicKey]).isSound)
    let forger = JournalWriter(
      database: rig.database, sealing: JournalSealing(signer: JournalSigner(other), clock: { .noon(plus: 20) }))
    forger.append(Made.refusal(20))
    try forger.finish()
    #expect(try !rig.verify().isSound)
    #expect(try rig.verify(keys: [other.publicKey, rig.key.publicKey]).isSound)
  }

  @Test(arguments: ["begin", "checkpoint"])
  func `What a signed link says cannot be changed`(kind: String) throws {
    let rig = try ChainRig.filled()
    let link = try rig.last(kind)
    try rig.database.execute("UPDATE journal_chain SET body = zeroblob(18) WHERE seq = \(link)")
    #expect(try rig.verify().faults.map(\.sequence) == [link])
  }

  @Test func `Rows from before the chain are said to be outside of it`() throws {
    let rig = try ChainRig()
    for number in 1...3 {
      try rig.database.execute(
        "INSERT INTO journal (at, last_at, count, refused, verdict, operation, merge_key) VALUES (\(number), 1, 1, 1, 'deny', 'connect', 0)"
      )
    }
    #expect(try rig.verify().rowsBefore == 3)
    let writer = rig.writer()
    writer.append(Made.refusal(0))
    try writer.flush()
    let found = try rig.verify()
    #expect(found.isSound && found.rowsBefore == 3 && found.rows == 1)
    // Nobody can vouch for them, but no further ones can be put among them.
    try rig.database.execute("UPDATE journal SET reason = 'x' WHERE id = 2")
    #expect(try rig.verify().isSound)
    try rig.database.pruneJournal(keeping: 2)
    #expect(try rig.verify(keys: []).rowsBefore == 1)
    try rig.database.pruneJournal(keeping: 1)
    let last = try rig.verify(keys: [])
    #expect(last.isSound && last.rowsBefore == 0 && last.prunedThrough == 3)
  }
}
