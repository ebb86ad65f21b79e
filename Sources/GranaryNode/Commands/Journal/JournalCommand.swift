import ArgumentParser
import Control
import Foundation
import Inventory
import Metainfo
import PluginKit
import Settings

struct JournalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "journal", abstract: "The verdicts: who wanted what, what was said, by which rule, and why.",
    subcommands: [JournalVerify.self])

  @OptionGroup var common: CommonOptions
  @Flag(help: "Only refusals.") var refused = false
  @Option(help: "Only this principal or address.") var peer: String?
  @Option(help: "Only this artifact: a name or an info-hash.") var artifact: String?
  @Option(help: "Only what is at most so old, as 30m, 24h or 7d, or not older than a moment, as 2027-01-31 or 2027-01-31T18:00:00Z.")
  var since: String?
  @Option(help: "The newest so many.") var limit = 1000
  @Flag(help: "Go on with what comes, one document a line, until interrupted.") var follow = false

  func run() async throws {
    let place = try Workplace(common)
    await place.flushJournal()
    guard let database = try place.reading() else { return try print([]) }
    var filter = try filter(database)
    let rows = try database.journal(filter)
    if follow {
      try printLines(rows)
      filter.after = rows.map(\.id).max() ?? 0
      return try await follow(database, filter)
    }
    try print(rows)
  }

  private func filter(_ database: InventoryDatabase) throws -> JournalFilter {
    var filter = JournalFilter(refusedOnly: refused, limit: max(1, limit))
    if let peer { filter.peers = [PeerAddress(peer)?.ip.description ?? IPAddress(peer)?.description ?? peer] }
    if let artifact {
      filter.artifact = artifact
      // What was asked for in vain is none of ours, and can be asked about all the same.
      filter.infoHashes = (try? database.find(artifact))?.infoHash.wire ?? SHA1Digest(hex: artifact).map { [$0] } ?? []
    }
    if let since {
      guard let time = JournalSince.time(since, now: .now()) else {
        throw ValidationError("'\(since)' is no time: write 30m, 24h or 7d, 2027-01-31 or 2027-01-31T18:00:00Z")
      }
      filter.since = time
    }
    return filter
  }

  private func follow(_ database: InventoryDatabase, _ filter: JournalFilter) async throws {
    var filter = filter
    while true {
      try await Task.sleep(for: .milliseconds(500))
      let rows = try database.journal(filter)
      try printLines(rows)
      filter.after = rows.map(\.id).max() ?? filter.after
    }
  }

  private func print(_ rows: [JournalRow]) throws {
    if common.json { return try Console.print(document: JournalDocument(entries: rows.map(JournalDocument.Entry.init))) }
    for row in rows { Console.print(line(row)) }
  }

  private func printLines(_ rows: [JournalRow]) throws {
    for row in rows {
      if common.json {
        try Console.print(document: JournalDocument(entries: [JournalDocument.Entry(row)]))
      } else {
        Console.print(line(row))
      }
    }
  }

  private func line(_ row: JournalRow) -> String {
    let entry = row.entry
    let who = [entry.principal, entry.artifact].compactMap { $0 }.map(escaped).joined(separator: " ")
    let times = row.count > 1 ? " (\(row.count) times)" : ""
    let rule = [entry.plugin, entry.rule].compactMap { $0 }.joined(separator: " ")
    let place = entry.place.map { " at \($0)" } ?? ""
    return "\(row.lastAt.iso8601)  \(entry.verdict) \(entry.operation)  \(who)\(times)  \(rule): \(escaped(entry.reason ?? ""))\(place)"
  }
}

extension Workplace {
  /// What waits in the node's memory is stored first, so that the answer is complete. Where the disk is full, what was stored before it was
  /// is wanted all the more.
  func flushJournal() async {
    do {
      _ = try await runningNode()?.flush()
    } catch {
      for line in Failure(error).lines { Console.note("granary: warning: the newest entries are missing here: " + escaped(line.message)) }
    }
  }
}
