import Foundation
import Inventory
import Metainfo
import OpenSSL
import TestSupport
import Testing

@testable import GranaryNode

struct JournalKeyFileTests {
  private let folder: TemporaryDirectory
  private var path: String { folder.path("journal.key") }

  init() throws { folder = try TemporaryDirectory("key") }

  @Test func `The key is made once, for its owner alone`() throws {
    #expect(try JournalKeyFile.load(path) == nil)
    let made = try JournalKeyFile.loadOrMake(path)
    #expect(made.isNew)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    let again = try JournalKeyFile.loadOrMake(path)
    #expect(!again.isNew && again.key.publicKey.bytes == made.key.publicKey.bytes)
  }

  @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o610])
  func `A key that others can use is refused`(mode: Int) throws {
    _ = try JournalKeyFile.loadOrMake(path)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    #expect { try JournalKeyFile.loadOrMake(path) } throws: { Failure($0).status == .notPermitted }
  }

  @Test(arguments: [
    "", "\n", "zz", String(repeating: "a", count: 63), String(repeating: "a", count: 66), String(repeating: "g", count: 64),
  ])
  func `What is no key is refused, and not written over`(text: String) throws {
    try folder.write(Array(text.utf8), to: "journal.key")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect { try JournalKeyFile.loadOrMake(path) } throws: { Failure($0).status == .notPermitted }
    #expect(try folder.read("journal.key") == Array(text.utf8))
  }

  @Test func `A folder in its place stops the start`() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect { try JournalKeyFile.loadOrMake(path) } throws: { Failure($0).status == .notPermitted }
  }
}

struct JournalSinceTests {
  private let now = Timestamp(seconds: 1_795_365_600)

  @Test(arguments: [
    ("30m", 1_795_363_800), ("7d", 1_794_760_800), ("2026-11-22T16:40:00Z", 1_795_365_600), ("2026-11-22T17:40:00+01:00", 1_795_365_600),
    ("2026-11-22T16:40:00.000Z", 1_795_365_600), ("2026-11-22", 1_795_305_600),
  ])
  func `So long ago, or a moment`(text: String, seconds: Int64) {
    #expect(JournalSince.time(text, now: now) == Timestamp(seconds: seconds))
  }

  @Test(arguments: ["", "yesterday", "2026", "2026-13-01", "12:00", "-5m", "2026-11-22T99:00:00Z"])
  func `Nothing else`(text: String) {
    #expect(JournalSince.time(text, now: now) == nil)
  }
}
