import Inventory
import Metainfo
import OpenSSL

/// `granary journal verify`.
struct JournalVerificationDocument: Encodable {
  struct Fault: Encodable {
    /// The link of the chain that shows it, and the row that it is about.
    let link: Int64?
    let row: Int64?
    let problem: String
  }

  let schema = "granary.journal.verify/1"
  let sound: Bool
  /// The first faults; `fault_count` has all of them.
  let faults: [Fault]
  let faultCount: Int
  let rows: Int
  let openRows: Int
  let rowsBeforeChain: Int
  let links: Int
  let signatures: Int
  let unsignedLinks: Int
  let prunedThrough: Int64
  let gaps: Int
  let head: String?
  let signedAt: String?
  /// The keys of which signatures were good.
  let keys: [String]

  init(_ found: JournalVerification, keys: [Ed25519.PublicKey]) {
    (sound, faultCount, rows, openRows) = (found.isSound, found.faultCount, found.rows, found.openRows)
    faults = found.faults.map { Fault(link: $0.sequence, row: $0.row, problem: $0.problem) }
    (rowsBeforeChain, links, signatures) = (found.rowsBefore, found.links, found.signatures)
    (unsignedLinks, prunedThrough, gaps) = (found.unsignedLinks, found.prunedThrough, found.gaps)
    (head, signedAt) = (found.head?.description, found.signedAt?.iso8601)
    self.keys = keys.map { Hex.encode($0.bytes) }
  }

  enum CodingKeys: String, CodingKey {
    case schema, sound, faults, rows, links, signatures, gaps, head, keys
    case faultCount = "fault_count"
    case openRows = "open_rows"
    case rowsBeforeChain = "rows_before_chain"
    case unsignedLinks = "unsigned_links"
    case prunedThrough = "pruned_through"
    case signedAt = "signed_at"
  }
}

extension JournalVerificationDocument {
  /// What is said where all is well, and what could not be looked at.
  static func lines(_ found: JournalVerification) -> [String] {
    var lines = ["\(found.rows) rows are as they were written"]
    if found.openRows > 0 { lines.append("\(found.openRows) of them may still be counted in: their counts are not covered yet") }
    if found.rowsBefore > 0 { lines.append("\(found.rowsBefore) rows are from before there was a chain: nobody can vouch for them") }
    if found.prunedThrough > 0 { lines.append("rows up to \(found.prunedThrough) were forgotten by the node (limits.journal-rows)") }
    if found.gaps > 0 { lines.append("\(found.gaps) rows tell of entries that were lost") }
    lines.append(
      "\(found.signatures) \(found.signatures == 1 ? "signature" : "signatures"), the last one at \(found.signedAt?.iso8601 ?? "no time")")
    if found.unsignedLinks > 0 { lines.append("\(found.unsignedLinks) links after it are not signed yet") }
    if let head = found.head { lines.append("head \(head)") }
    return lines
  }

  /// What is said where it is not.
  static func complaints(_ found: JournalVerification) -> [Failure.Line] {
    var lines = found.faults.map { fault in
      let row = fault.row.map { "row \($0)" }
      let link = fault.sequence.map { row == nil ? "link \($0)" : "(link \($0))" }
      let what = [row, link].compactMap { $0 }.joined(separator: " ")
      return Failure.Line(message: "journal: " + (what.isEmpty ? "" : what + ": ") + fault.problem, place: nil)
    }
    if found.faultCount > lines.count {
      lines.append(Failure.Line(message: "journal: and \(found.faultCount - lines.count) further faults", place: nil))
    }
    return lines
  }
}
