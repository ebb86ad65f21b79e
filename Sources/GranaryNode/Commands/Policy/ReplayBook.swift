import Control
import Foundation
import Inventory
import Metainfo
import PluginKit

/// What a journal's rows come to under another policy: for each principal, artifact and operation the newest row counts.
struct ReplayBook {
  private struct Key: Hashable {
    let principal: String
    let artifact: String?
    let operation: String
  }

  private struct Entry {
    var wasAllowed: Bool
    var count: Int64
    var repeated: Pipeline.Repeated
    var artifact: ArtifactFacts?
  }

  private let ground: PolicyGround
  private var rows = 0
  private var asked = 0
  private var entries: [Key: Entry] = [:]
  private var artifacts: [InfoHash: ArtifactFacts?] = [:]

  init(ground: PolicyGround) {
    self.ground = ground
  }

  /// Takes a row, oldest first. One that is no guard's verdict, or says too little, is passed over.
  mutating func take(_ row: JournalRow) throws {
    rows += 1
    let entry = row.entry
    guard let verdict = Verdict.Answer(rawValue: entry.verdict), entry.isAboutGuards, let record = entry.recorded else { return }
    let artifact = try artifact(of: record)
    guard let repeated = ground.pipeline.repeated(record, artifact: artifact) else { return }
    asked += 1
    let key = Key(principal: entry.principal ?? record.address, artifact: entry.artifact, operation: entry.operation)
    let count = (entries[key]?.count ?? 0) + row.count
    entries[key] = Entry(wasAllowed: verdict == .allow, count: count, repeated: repeated, artifact: artifact)
  }

  /// Who gains and who loses, most bytes first.
  func document(file: String, since: Timestamp, _ database: InventoryDatabase) throws -> ReplayDocument {
    let changes = try entries.filter { $0.value.wasAllowed != $0.value.repeated.isAllowed }.map { key, entry in
      try change(key, entry, database)
    }
    let ordered = changes.sorted { ($1.bytes ?? 0, $0.principal, $0.artifact ?? "") < ($0.bytes ?? 0, $1.principal, $1.artifact ?? "") }
    let (gains, loses) = (ordered.filter { $0.change == .gains }, ordered.filter { $0.change == .loses })
    return ReplayDocument(
      file: file, since: since.iso8601, rows: rows, asked: asked, gains: gains.count, loses: loses.count,
      gainedBytes: gains.reduce(0) { $0 + ($1.bytes ?? 0) }, lostBytes: loses.reduce(0) { $0 + ($1.bytes ?? 0) }, changes: ordered)
  }

  private func change(_ key: Key, _ entry: Entry, _ database: InventoryDatabase) throws -> ReplayDocument.Change {
    let verdict = entry.repeated.judgement?.verdict
    return ReplayDocument.Change(
      change: entry.wasAllowed ? .loses : .gains, principal: key.principal, artifact: key.artifact, operation: key.operation,
      bytes: entry.wasAllowed ? try had(key.principal, entry.artifact, database) : granted(entry), count: entry.count,
      plugin: entry.repeated.judgement?.plugin, rule: verdict?.rule, reason: verdict?.reason ?? "nobody guards it", place: verdict?.place)
  }

  /// What the principal has had of the artifact.
  private func had(_ principal: String, _ artifact: ArtifactFacts?, _ database: InventoryDatabase) throws -> Int64? {
    guard let artifact else { return nil }
    let transfers = try database.transfers(of: ArtifactID(rawValue: artifact.id))
    return transfers.filter { $0.principal.name == principal }.reduce(0) { $0 + $1.bytes }
  }

  private func granted(_ entry: Entry) -> Int64? {
    guard let scope = entry.repeated.scope, let artifact = entry.artifact else { return nil }
    return WhyGrant(scope, of: artifact.layout).grantedBytes
  }

  private mutating func artifact(of record: RecordedFacts) throws -> ArtifactFacts? {
    guard let hash = record.artifact.flatMap(InfoHash.init) else { return nil }
    if let known = artifacts[hash] { return known }
    let found = try ground.artifact(infoHash: hash)
    artifacts[hash] = .some(found)
    return found
  }
}

extension JournalEntry {
  /// Whether the row is about what guards decide as a whole: not about one block, nor a handler's answer.
  fileprivate var isAboutGuards: Bool {
    guard let reason else { return true }
    return reason != JournalRecord.outsideOfGrant && !reason.hasPrefix("hashes: ")
  }

  fileprivate var recorded: RecordedFacts? {
    facts.flatMap { try? JSONDecoder().decode(RecordedFacts.self, from: Data($0.utf8)) }
  }
}

extension InfoHash {
  fileprivate init?(_ artifact: RecordedFacts.Artifact) {
    self.init(v1: artifact.infoHashV1.flatMap { SHA1Digest(hex: $0) }, v2: artifact.infoHashV2.flatMap { SHA256Digest(hex: $0) })
  }
}
