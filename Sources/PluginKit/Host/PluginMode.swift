/// Whether what a plugin says holds: the `mode` of its entry in the pipeline.
package enum PluginMode: String, Sendable, Hashable, CaseIterable {
  /// It holds. The default.
  case enforce
  /// The plugin is asked like any other, and what it would have refused goes to the journal; nothing comes of it for the peer.
  case shadow
}

/// The journal of a plugin in shadow: what it tells of its refusals has not happened.
struct ShadowJournal: Journal {
  let journal: any Journal

  func record(_ record: JournalRecord) {
    var record = record
    if record.verdict != Verdict.Answer.allow.rawValue { record.verdict = JournalRecord.shadow(record.verdict) }
    journal.record(record)
  }
}

extension JournalRecord {
  /// The word for a verdict that is not enforced: `shadow-deny`.
  package static func shadow(_ verdict: String) -> String { "shadow-\(verdict)" }
}
