import Foundation
import GRDB
import Metainfo
import OpenSSL
import Synchronization

@testable import Inventory

/// A journal with a key, whose time is the test's.
final class ChainRig: Sendable {
  let database: InventoryDatabase
  let key: Ed25519.PrivateKey
  let limits: JournalLimits
  private let signed = Mutex<[JournalCheckpoint]>([])
  private let now = Mutex(Timestamp.noon)

  init(_ limits: JournalLimits = JournalLimits(), database: InventoryDatabase? = nil) throws {
    self.database = try database ?? .inMemory()
    key = try .generate()
    self.limits = limits
  }

  /// A writer as a node that starts has one.
  func writer() -> JournalWriter {
    let sealing = JournalSealing(
      signer: JournalSigner(key), clock: { [self] in now.withLock { $0 } }, onCheckpoint: { [self] in note($0) })
    return JournalWriter(database: database, limits: limits, sealing: sealing)
  }

  /// The heads that were signed, in their order.
  var checkpoints: [JournalCheckpoint] { signed.withLock { $0 } }

  private func note(_ checkpoint: JournalCheckpoint) { signed.withLock { $0.append(checkpoint) } }

  /// Seconds since noon.
  func set(_ second: Int) { now.withLock { $0 = .noon(plus: second) } }

  func verify(_ known: JournalHead? = nil, keys: [Ed25519.PublicKey]? = nil) throws -> JournalVerification {
    try database.verifyJournal(keys: keys ?? [key.publicKey], known: known)
  }

  /// A journal of 40 rows and more of every kind, finished as at a clean end: some allowed, some refused once, some several times, one that
  /// stands for many info-hashes. The rows: 1 to 10 are allowed, 11 to 20 refused once, 21 to 30 three times, then hashes.
  static func filled() throws -> ChainRig {
    let rig = try ChainRig()
    let writer = rig.writer()
    for number in 0..<10 { writer.append(allowed(number)) }
    for number in 10..<30 { writer.append(Made.refusal(0, address: "10.0.0.\(number)", facts: #"{"n":1}"#)) }
    try writer.flush()
    rig.set(10)
    for _ in 0..<2 {
      for number in 20..<30 { writer.append(Made.refusal(10, address: "10.0.0.\(number)", facts: #"{"n":2}"#)) }
    }
    for number in 0..<9 { writer.append(stranger(number)) }
    try writer.flush()
    try writer.finish()
    return rig
  }

  static func allowed(_ number: Int) -> JournalEntry {
    JournalEntry(
      at: .noon, verdict: "allow", isRefusal: false, operation: "connect", principal: "fleet/dns:\(number)", address: "10.1.0.\(number)",
      plugin: "gate", rule: "on_request[0]", reason: "allowed", place: "granary.yaml:9:3", policyGeneration: 1)
  }

  static func stranger(_ number: Int) -> JournalEntry {
    JournalEntry(
      at: .noon(plus: 10), verdict: "deny", isRefusal: true, operation: "connect", principal: "10.9.9.9", address: "10.9.9.9",
      infoHash: SHA1Digest(hex: Made.hash(1000 + number)), plugin: "engine", reason: "no artifact in service has this info-hash")
  }

  /// Makes the hashes of the links from one on anew, as somebody without the key could: bodies and signatures stay.
  func relink(from sequence: Int64) throws {
    try database.writer.write { db in
      let hasher = ChainHasher()
      var last: JournalHead?
      var changes: [(Int64, SHA256Digest)] = []
      let rows = try Row.fetchCursor(db, sql: StoredChain.sql)
      while let row = try rows.next() {
        let link = try StoredChain.link(row)
        guard link.sequence >= sequence, let before = last else {
          last = JournalHead(sequence: link.sequence, hash: link.hash)
          continue
        }
        let content = try StoredChain.row(row)?.content.bytes(for: link.kind) ?? link.body ?? []
        let hash = hasher.hash(
          after: before.hash, sequence: link.sequence, kind: link.kind, row: link.row, content: hasher.digest(of: content))
        changes.append((link.sequence, hash))
        last = JournalHead(sequence: link.sequence, hash: hash)
      }
      for (sequence, hash) in changes {
        try db.execute(sql: "UPDATE journal_chain SET hash = ? WHERE seq = ?", arguments: [Data(hash.bytes), sequence])
      }
    }
  }

  /// The number of the last link of a kind.
  func last(_ kind: String) throws -> Int64 {
    Int64(try database.rows("SELECT max(seq) FROM journal_chain WHERE kind = '\(kind)'")[0][0]) ?? 0
  }
}
