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
  @OptionGroup var at: NodeOptions
  @Flag(help: "Only refusals.") var refused = false
  @Option(help: "Only this principal or address.") var peer: String?
  @Option(help: "Only this artifact: a name or an info-hash.") var artifact: String?
  @Option(help: "Only what is at most so old, as 30m, 24h or 7d, or not older than a moment, as 2027-01-31 or 2027-01-31T18:00:00Z.")
  var since: String?
  @Option(help: "The newest so many.") var limit = 1000
  @Flag(help: "Go on with what comes, one document a line, until interrupted.") var follow = false

  func validate() throws {
    guard limit > 0, !at.isRemote || limit <= JournalQuery.most else {
      throw ValidationError("--limit: at least 1, and at most \(JournalQuery.most) with --node")
    }
    guard since.map({ JournalSince.time($0, now: .now()) != nil }) ?? true else {
      throw ValidationError("--since: write 30m, 24h or 7d, 2027-01-31 or 2027-01-31T18:00:00Z")
    }
  }

  func run() async throws {
    let entries = try await source()
    var query = query
    let first = try await entries(query)
    guard follow else { return try print(first) }
    try printLines(first)
    query.after = first.map(\.id).max() ?? 0
    while true {
      try await Task.sleep(for: .milliseconds(at.isRemote ? 1000 : 500))
      let next = try await entries(query)
      try printLines(next)
      query.after = next.map(\.id).max() ?? query.after
    }
  }

  private var query: JournalQuery {
    var query = JournalQuery()
    (query.refused, query.peer, query.artifact, query.since, query.limit) = (refused, peer, artifact, since, limit)
    return query
  }

  /// What gives rows: a node elsewhere, or the inventory, which can be read whether a node runs or not.
  private func source() async throws -> (JournalQuery) async throws -> [JournalDocument.Entry] {
    if let node = try at.remote(common) { return { try await node.journal($0).entries } }
    let place = try Workplace(common)
    await place.flushJournal()
    guard let database = try place.reading() else { return { _ in [] } }
    return { try database.journal($0.filter(database)).map(JournalDocument.Entry.init) }
  }

  private func print(_ rows: [JournalDocument.Entry]) throws {
    if common.json { return try Console.print(document: JournalDocument(entries: rows)) }
    for row in rows { Console.print(line(row)) }
  }

  private func printLines(_ rows: [JournalDocument.Entry]) throws {
    for row in rows {
      if common.json {
        try Console.print(document: JournalDocument(entries: [row]))
      } else {
        Console.print(line(row))
      }
    }
  }

  private func line(_ row: JournalDocument.Entry) -> String {
    let who = [row.principal, row.artifact].compactMap { $0 }.map(escaped).joined(separator: " ")
    let times = row.count > 1 ? " (\(row.count) times)" : ""
    let rule = [row.plugin, row.rule].compactMap { $0 }.joined(separator: " ")
    let place = row.place.map { " at \($0)" } ?? ""
    return "\(row.lastAt)  \(row.verdict) \(row.operation)  \(who)\(times)  \(rule): \(escaped(row.reason ?? ""))\(place)"
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
