import Inventory
import PluginKit

/// The journal as plugins and engine see it, written to the inventory in batches.
struct NodeJournal: PluginKit.Journal {
  let writer: JournalWriter
  let pending: PendingBook
  let tally = VerdictTally()

  func record(_ record: JournalRecord) {
    tally.count(record)
    writer.append(
      JournalEntry(
        at: Timestamp(nanoseconds: record.at.nanoseconds), verdict: record.verdict, isRefusal: record.verdict != "allow",
        operation: record.operation, principal: record.principal, address: record.address?.ip.description, infoHash: record.infoHash,
        artifact: record.artifact, plugin: record.plugin, rule: record.rule, reason: record.reason, place: record.place,
        policyGeneration: Int64(clamping: record.generation), facts: record.facts?.json))
    if let entry = PendingEntry(record) { pending.record(entry) }
  }
}
