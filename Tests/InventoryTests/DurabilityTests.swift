import Foundation
import GRDB
import Metainfo
import Synchronization
import Testing

@testable import Inventory

/// What is on disk when the process is killed: the files are copied at a moment and the copy is opened, as the next start would.
struct DurabilityTests {
  private let folder: TemporaryFolder
  private let path: String
  private let database: InventoryDatabase

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("inventory.sqlite")
    database = try InventoryDatabase.open(path: path)
  }

  /// Copies database and WAL as they are; the shared memory is gone with the process (or stale, which SQLite finds out).
  private func copy(to target: TemporaryFolder) throws -> String {
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: target.file("inventory.sqlite" + suffix))
    }
    return target.file("inventory.sqlite")
  }

  @Test func `Every change that returned is in the files`() throws {
    var acknowledged: [String] = []
    for number in 1...12 {
      let id = try database.add(Made.artifact(number), at: .noon).id
      if number.isMultiple(of: 3) { try database.remove(id) } else { acknowledged.append("artifact-\(number)") }
      if number.isMultiple(of: 5) { try database.checkpoint() }
      let target = try TemporaryFolder()
      let survivor = try InventoryDatabase.open(path: copy(to: target))
      try survivor.checkIntegrity()
      #expect(try survivor.artifacts().map(\.name) == acknowledged)
      for artifact in try survivor.artifacts() { #expect(try survivor.evidence(of: artifact.id)?.pieces.isFull == true) }
    }
  }

  @Test func `A reader finds what a killed node has left, before any node has started again`() throws {
    let artifact = try database.add(Made.artifact(1), at: .noon)
    let target = try TemporaryFolder()
    let reader = try InventoryDatabase.open(readingAt: copy(to: target))
    #expect(try reader.artifacts() == [artifact])
  }

  @Test func `A kill within a transaction leaves the state before it`() throws {
    let before = try database.add(Made.artifact(1), at: .noon)
    let target = try TemporaryFolder()
    // A tiny page cache makes SQLite write uncommitted pages into the WAL, so that they are in the copy.
    try database.execute("PRAGMA cache_size = 10")
    let copied = try database.writer.write { db in
      let size = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0
      try db.execute(sql: "UPDATE artifacts SET state = 'failed'")
      try db.execute(
        sql: "INSERT INTO artifact_labels SELECT 1, 'k' || value, hex(randomblob(500)) FROM json_each(?)", arguments: [numbers])
      #expect(try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0 > size)
      return try copy(to: target)
    }
    let survivor = try InventoryDatabase.open(path: copied)
    try survivor.checkIntegrity()
    #expect(try survivor.artifacts() == [before])
  }

  @Test func `A WAL that was cut anywhere in its unfinished part loses nothing that was said to be done`() throws {
    let before = try database.add(Made.artifact(1), at: .noon)
    let walSize = try #require(try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? UInt64)
    try database.add(Made.artifact(2), at: .noon)
    for extra: UInt64 in [0, 1, 23, 24, 100, 4119, 4120, 5000] {
      let target = try TemporaryFolder()
      let copied = try copy(to: target)
      try FileHandle(forWritingTo: URL(fileURLWithPath: copied + "-wal")).truncate(atOffset: walSize + extra)
      let survivor = try InventoryDatabase.open(path: copied)
      try survivor.checkIntegrity()
      #expect(try survivor.artifacts() == [before])
    }
  }

  @Test func `Copies taken while several threads work hold all that each thread was told`() throws {
    let told = Mutex<[Int]>([])
    let copies = Mutex<[(folder: TemporaryFolder, path: String, told: [Int])]>([])
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      do {
        for step in 0..<15 {
          let number = worker * 100 + step + 1
          let id = try database.add(Made.artifact(number), at: .noon).id
          try database.record([Made.delta(artifact: id, bytes: 5)])
          told.withLock { $0.append(number) }
          if step % 5 == 4 { try copies.withLock { $0.append(try consistentCopy(told)) } }
        }
      } catch { failures.withLock { $0.append("\(error)") } }
    }
    #expect(failures.withLock { $0 } == [])
    let taken = copies.withLock { $0 }
    #expect(taken.count == 12)
    for copy in taken {
      let survivor = try InventoryDatabase.open(path: copy.path)
      try survivor.checkIntegrity()
      let names = Set(try survivor.artifacts().map(\.name))
      #expect(names.isSuperset(of: copy.told.map { "artifact-\($0)" }))
      #expect(try survivor.counts().bytes >= 5 * Int64(copy.told.count))
    }
  }

  /// What was told before the moment, and the files at that moment. The writer is held, since two files cannot be copied at once.
  private func consistentCopy(_ told: borrowing Mutex<[Int]>) throws -> (TemporaryFolder, String, [Int]) {
    let numbers = told.withLock { $0 }
    let target = try TemporaryFolder()
    let copied = try database.writer.writeWithoutTransaction { _ in try copy(to: target) }
    return (target, copied, numbers)
  }

  private var numbers: String { "[" + (1...400).map(String.init).joined(separator: ",") + "]" }
}
