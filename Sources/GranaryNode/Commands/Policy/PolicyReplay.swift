import ArgumentParser
import Control
import Foundation
import Inventory
import Metainfo
import PluginKit
import Settings

struct PolicyReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Ask a configuration what it would have said to the peers of the journal: who gains, who loses, and how many bytes.",
    discussion: """
      --config names the candidate. The journal is that of its node.state, or of --state. What the journal did not record cannot be asked: \
      verdicts on single blocks, artifacts that are gone; quotas are as they are now. Approvals by hand are \
      left out: who got in by one loses. Exits 0 whatever comes of it.
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: "Only what is at most so old (30m, 24h, 7d), or since a moment.") var since = "24h"
  @Option(help: "The state directory of the node whose journal is asked, where the candidate names another.") var state: String?

  func run() async throws {
    guard let begin = JournalSince.time(since, now: .now()) else {
      throw ValidationError("'\(since)' is no time: write 30m, 24h, 7d or 2027-01-31T18:00:00Z")
    }
    // What waits in a running node's memory is asked about too, where it can be stored.
    _ = try? await Workplace(common).runningNode()?.flush()
    let ground = try PolicyGround(common, state: state)
    guard let database = ground.database else { throw Failure(.inputMissing, "there is no journal yet") }
    var replay = ReplayBook(ground: ground)
    var filter = JournalFilter(since: begin, after: 0, limit: 5_000)
    while case let rows = try database.journal(filter), let last = rows.last {
      for row in rows { try replay.take(row) }
      filter.after = last.id
    }
    let document = try replay.document(file: ground.configuration.settings.file, since: begin, database)
    if common.json { return try Console.print(document: document) }
    print(document)
  }

  private func print(_ document: ReplayDocument) {
    for change in document.changes {
      let bytes = change.bytes.map { ", \(ByteText.describe($0))\(change.change == .loses ? " so far" : "")" } ?? ""
      let by = [change.plugin, change.rule].compactMap { $0 }.joined(separator: " ")
      let what = change.artifact.map { " \($0)" } ?? ""
      Console.print(
        "\(change.change.rawValue)  \(escaped(change.principal + what))  \(change.operation)\(bytes)  \(by): \(escaped(change.reason))")
    }
    Console.note(
      "\(document.asked) of \(document.rows) rows asked since \(document.since): \(document.gains) gain, \(document.loses) lose")
  }
}

/// `granary policy replay`.
struct ReplayDocument: Encodable {
  struct Change: Encodable {
    enum Kind: String, Encodable { case gains, loses }

    let change: Kind
    let principal: String
    let artifact: String?
    let operation: String
    /// What the principal has had of the artifact, where it loses; what it could have, where it gains. Null where neither is known.
    let bytes: Int64?
    /// How many verdicts the journal has of this.
    let count: Int64
    let plugin: String?
    let rule: String?
    let reason: String
    let place: String?
  }

  let schema = "granary.policy-replay/1"
  let file: String
  let since: String
  let rows: Int
  let asked: Int
  let gains: Int
  let loses: Int
  let gainedBytes: Int64
  let lostBytes: Int64
  let changes: [Change]

  enum CodingKeys: String, CodingKey {
    case schema, file, since, rows, asked, gains, loses, changes
    case gainedBytes = "gained_bytes"
    case lostBytes = "lost_bytes"
  }
}
