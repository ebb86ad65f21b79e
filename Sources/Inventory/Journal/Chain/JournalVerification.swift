/// Something that the chain says was done to the journal.
package struct JournalFault: Hashable, Sendable {
  /// The link that shows it; nil where none does.
  package let sequence: Int64?
  /// The row that it is about; nil where it is about none, or nobody can tell which.
  package let row: Int64?
  package let problem: String
}

/// What was found when the journal was verified.
package struct JournalVerification: Hashable, Sendable {
  /// The first faults; each later one may be the consequence of an earlier one.
  package internal(set) var faults: [JournalFault] = []
  package internal(set) var faultCount = 0
  /// Rows that are as they were written.
  package internal(set) var rows = 0
  /// Of these, rows whose count may still grow, and is not covered yet.
  package internal(set) var openRows = 0
  /// Rows from before there was a chain: nobody can vouch for them.
  package internal(set) var rowsBefore = 0
  package internal(set) var links = 0
  /// Valid signatures.
  package internal(set) var signatures = 0
  /// Links after the last valid signature: whoever can write the file could have made them.
  package internal(set) var unsignedLinks = 0
  /// Rows up to this number were forgotten by the node itself; 0 for none.
  package internal(set) var prunedThrough: Int64 = 0
  /// Rows that say that entries were lost.
  package internal(set) var gaps = 0
  /// The chain's end; nil where there is no chain.
  package internal(set) var head: JournalHead?
  /// When the last valid signature was made.
  package internal(set) var signedAt: Timestamp?

  /// Whether everything is as it was written.
  package var isSound: Bool { faultCount == 0 }

  private static let mostFaults = 20

  mutating func fault(_ problem: String, link: Int64? = nil, row: Int64? = nil) {
    faultCount += 1
    if faults.count < Self.mostFaults { faults.append(JournalFault(sequence: link, row: row, problem: problem)) }
  }
}
