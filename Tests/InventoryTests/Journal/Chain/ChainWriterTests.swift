import Foundation
import GRDB
import Metainfo
import OpenSSL
import TestSupport
import Testing

@testable import Inventory

/// The chain through all that happens to a writer.
struct ChainWriterTests {
  @Test func `A row's count is chained once its window has passed, and no earlier`() throws {
    let rig = try ChainRig()
    let writer = rig.writer()
    writer.append(Made.refusal(0))
    try writer.flush()
    rig.set(30)
    writer.append(Made.refusal(30))
    try writer.flush()
    #expect(try rig.verify().openRows == 1)
    // Until then its count is the one thing that nobody vouches for.
    try rig.database.execute("UPDATE journal SET count = 9")
    #expect(try rig.verify().isSound)
    try rig.database.execute("UPDATE journal SET reason = 'x'")
    #expect(try !rig.verify().isSound)
    try rig.database.execute("UPDATE journal SET reason = 'not listed', count = 2")
    rig.set(61)
    try writer.flush()
    #expect(try rig.verify().isSound && rig.verify().openRows == 0)
    try rig.database.execute("UPDATE journal SET count = 9")
    #expect(try !rig.verify().isSound)
    try rig.database.execute("UPDATE journal SET count = 2")
    // What comes late is another row: a closed one is not counted in.
    writer.append(Made.refusal(59))
    try writer.flush()
    #expect(try rig.database.journal().map(\.count) == [2, 1])
    #expect(try rig.verify().isSound)
  }

  @Test func `Heads are signed at most so often, at a gap, and at the end`() throws {
    let rig = try ChainRig(JournalLimits(queue: 8, checkpointLinks: 5, checkpointEvery: .seconds(30)))
    let writer = rig.writer()
    var number = 0
    func signed(_ second: Int, _ rows: Int) throws -> Int {
      rig.set(second)
      let before = rig.checkpoints.count
      for _ in 0..<rows {
        number += 1
        writer.append(Made.refusal(second, address: "\(number)"))
      }
      try writer.flush()
      return rig.checkpoints.count - before
    }
    // The first one is the beginning itself.
    #expect(try signed(0, 1) == 1)
    #expect(try signed(1, 3) == 0)
    #expect(try signed(2, 4) == 1)
    // Not more than once a second, however many.
    #expect(try signed(2, 6) == 0)
    #expect(try signed(3, 0) == 1)
    #expect(try signed(4, 1) == 0)
    #expect(try signed(32, 0) == 0)
    #expect(try signed(33, 0) == 1)
    #expect(try signed(34, 0) == 0)
    #expect(try signed(35, 20) == 1)
    #expect(try rig.verify().gaps == 1 && rig.verify().unsignedLinks == 0)
    writer.append(Made.refusal(36))
    try writer.finish()
    let found = try rig.verify()
    #expect(found.isSound && found.unsignedLinks == 0 && found.openRows == 0)
    #expect(writer.status.head == found.head && writer.status.checkpoint?.head == found.head)
    let count = rig.checkpoints.count
    try writer.finish()
    #expect(rig.checkpoints.count == count)
  }

  @Test(arguments: [1, 5, 7, 20, 0])
  func `What is left after the oldest were forgotten is verified as before`(kept: Int) throws {
    let rig = try ChainRig(JournalLimits(rows: kept, pruneEvery: 1))
    let writer = rig.writer()
    for number in 0..<25 {
      rig.set(number * 7)
      for _ in 0...number % 3 { writer.append(Made.refusal(number * 7, address: "10.0.0.\(number)")) }
      try writer.flush()
      let found = try rig.verify()
      #expect(found.isSound, "\(number): \(found.faults)")
      #expect(try rig.database.journal().count == min(number + 1, kept))
    }
    try writer.finish()
    let found = try rig.verify()
    #expect(found.isSound && found.rows == kept && found.prunedThrough == Int64(25 - kept))
    #expect(found.head == rig.checkpoints.last?.head)
    // Every head that is still in the chain, or was before it, contradicts nothing.
    for checkpoint in rig.checkpoints { #expect(try rig.verify(checkpoint.head).isSound) }
    guard kept > 1 else { return }
    try rig.database.execute("UPDATE journal SET reason = 'x' WHERE id = (SELECT min(id) FROM journal)")
    #expect(try rig.verify().faults.first?.row == Int64(26 - kept))
    // Nor can the rest be made to look as if the node had forgotten it.
    let other = try ChainRig.filled()
    try other.database.execute("DELETE FROM journal WHERE id <= 10; DELETE FROM journal_chain WHERE seq <= 11")
    #expect(try !other.verify().isSound)
  }

  @Test func `A row that was forgotten cannot come back, and none can be put in its place`() throws {
    let rig = try ChainRig(JournalLimits(rows: 3, pruneEvery: 1))
    let writer = rig.writer()
    for number in 0..<9 { writer.append(ChainRig.allowed(number)) }
    try writer.finish()
    #expect(try rig.verify().isSound)
    try rig.database.execute(
      "INSERT INTO journal (id, at, last_at, count, refused, verdict, operation, merge_key) VALUES (4, 1, 1, 1, 0, 'allow', 'connect', 0)")
    #expect(try rig.verify().faults.map(\.row) == [4])
  }

  @Test func `A node that starts goes on where the last one was killed`() throws {
    let rig = try ChainRig()
    for number in 0..<6 {
      rig.set(number)
      let writer = rig.writer()
      writer.append(Made.refusal(number, address: "10.0.0.\(number / 2)"))
      try writer.flush()
      #expect(try rig.verify().isSound)
    }
    #expect(try rig.database.journal().map(\.count) == [2, 2, 2])
    rig.set(200)
    // The first flush of the next one closes what was open, although it has nothing to store, and signs.
    try rig.writer().flush()
    let found = try rig.verify()
    #expect(found.isSound && found.openRows == 0 && found.unsignedLinks == 0)
  }

  @Test func `A flush that fails leaves the chain as it was`() throws {
    let rig = try ChainRig()
    let writer = rig.writer()
    writer.append(Made.refusal(0))
    try writer.flush()
    let head = writer.status.head
    try rig.database.fill()
    for number in 0..<40 { writer.append(Made.refusal(1, address: "\(number)", facts: String(repeating: "x", count: 3000))) }
    for _ in 0..<3 { #expect(throws: InventoryError.full(place: ":memory:")) { try writer.flush() } }
    #expect(try writer.status.head == head && rig.verify().isSound && rig.verify().rows == 1)
    try rig.database.unfill()
    rig.set(40)
    try writer.flush()
    #expect(!writer.status.isDegraded)
    let found = try rig.verify()
    #expect(found.isSound && found.rows == 41 && found.unsignedLinks == 0)
    #expect(!writer.status.isForeign)
  }

  @Test func `A commit that is said to have failed and has not is believed to the file`() throws {
    let rig = try ChainRig()
    var keeper = ChainKeeper(signer: JournalSigner(rig.key))
    func append(_ second: Int, _ keeper: inout ChainKeeper) throws {
      try rig.database.chained(&keeper, at: .noon(plus: second)) { db, chain in
        _ = try rig.database.append([CountedEntry(Made.refusal(second, address: "\(second)"))], mergingWithin: .zero, &chain, db)
      }
    }
    try append(0, &keeper)
    let before = keeper
    try append(1, &keeper)
    var unsure = before
    unsure.attempted = keeper.head
    try append(2, &unsure)
    #expect(try !unsure.isForeign && rig.verify().isSound)
    // One that knows of no such commit goes on from what it knows: somebody else has written.
    var other = before
    try append(3, &other)
    #expect(try other.isForeign && !rig.verify().isSound)
  }

  @Test func `Who changes the file while the node runs is found, although the node goes on signing`() throws {
    let rig = try ChainRig()
    let writer = rig.writer()
    for number in 0..<5 { writer.append(ChainRig.allowed(number)) }
    try writer.flush()
    try rig.database.execute("UPDATE journal SET reason = 'nicer' WHERE id = 5")
    // All links after the edit are made anew: there is no signature behind it yet.
    try rig.relink(from: 6)
    #expect(try rig.verify().isSound)
    rig.set(60)
    writer.append(ChainRig.allowed(6))
    try writer.finish()
    #expect(writer.status.isForeign)
    #expect(try rig.verify().faults.first?.row == 6)
  }

  private enum Step: CaseIterable {
    case allowed, refused, repeated, strangers, flush, later, muchLater, kill, finish, prune, fill, unfill
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `Whatever a node does to its journal, it verifies`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let limits = JournalLimits(
      queue: 60, rows: Int.random(in: 5...60, using: &random), pruneEvery: Int.random(in: 1...40, using: &random),
      checkpointLinks: Int.random(in: 1...30, using: &random))
    let rig = try ChainRig(limits)
    var writer = rig.writer()
    var (second, number, isFull) = (0, 0, false)
    for step in 0..<150 {
      let kind = Step.allCases.randomElement(using: &random) ?? .flush
      switch kind {
      case .allowed: for _ in 0..<Int.random(in: 1...9, using: &random) { writer.append(ChainRig.allowed(number % 7)) }
      case .refused:
        for _ in 0..<Int.random(in: 1...9, using: &random) {
          number += 1
          writer.append(Made.refusal(second, address: "10.0.0.\(number)", facts: #"{"n":\#(number)}"#))
        }
      case .repeated:
        for _ in 0..<Int.random(in: 1...9, using: &random) { writer.append(Made.refusal(second, address: "10.0.1.\(number % 3)")) }
      case .strangers: for hash in 0..<Int.random(in: 1...9, using: &random) { writer.append(ChainRig.stranger(number + hash)) }
      case .flush: try? writer.flush()
      case .later: second += Int.random(in: 0...9, using: &random)
      case .muchLater: second += Int.random(in: 10...4000, using: &random)
      case .kill: writer = rig.writer()
      case .finish:
        try? writer.finish()
        writer = rig.writer()
      case .prune: writer.keep(rows: Int.random(in: 0...60, using: &random))
      case .fill where !isFull:
        try rig.database.fill()
        isFull = true
      case .unfill where isFull:
        try rig.database.unfill()
        isFull = false
      case .fill, .unfill: break
      }
      rig.set(second)
      let found = try rig.verify()
      try #require(found.isSound, "seed \(seed), step \(step) \(kind): \(found.faults)")
    }
    if isFull { try rig.database.unfill() }
    try writer.finish()
    let found = try rig.verify()
    #expect(found.isSound && found.openRows == 0 && found.unsignedLinks == 0)
    #expect(!writer.status.isForeign)
    try rig.database.checkIntegrity()
    // And what it verifies it would miss: any one row that is left.
    guard let victim = try rig.database.journal(JournalFilter(limit: .max)).randomElement(using: &random) else { return }
    try rig.database.execute("UPDATE journal SET count = count + 1 WHERE id = \(victim.id)")
    #expect(try rig.verify().faults.first?.row == victim.id)
  }
}
