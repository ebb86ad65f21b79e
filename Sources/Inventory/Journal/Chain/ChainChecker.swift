import Metainfo
import OpenSSL

/// A row as it is in the file now.
struct StoredJournalRow {
  let content: JournalContent
  let isOpen: Bool
}

/// Follows the chain from its first link to its last and compares each with what is in the file. Reads nothing itself.
///
/// After a fault it goes on from the hash that the link has, so that each edit is found where it is.
struct ChainChecker {
  private var found = JournalVerification()
  private let keys: [Ed25519.PublicKey]
  private let known: JournalHead?
  private let pruned: ChainNotes.Pruned?
  private let hasher = ChainHasher()
  private var last: JournalHead
  private var lastRow: Int64 = 0
  private var lastStray: Int64 = 0
  private var isGap = false
  /// Rows that are open no more, and the link that says so is still to come.
  private var unclosed: Set<Int64> = []
  private var closed: Set<Int64> = []
  private var openRows: Set<Int64> = []
  private var isKnownMet = false
  /// The last link with a valid signature.
  private var signedSequence: Int64 = 0
  /// Rows up to this number were there before the chain; nil where the link that says so was forgotten.
  private var rowsBefore: Int64?

  /// - Parameters:
  ///   - keys: of which signatures are good; empty where nothing is signed.
  ///   - known: a head that the chain must have gone through.
  ///   - pruned: what the last link of its kind says; believed once that link is found to be good.
  init(keys: [Ed25519.PublicKey], known: JournalHead?, pruned: ChainNotes.Pruned?) {
    (self.keys, self.known, self.pruned) = (keys, known, pruned)
    last = pruned?.base ?? .none
    found.prunedThrough = pruned?.throughRow ?? 0
    // What was forgotten cannot be compared any more; a head that lies before it proves nothing, and contradicts nothing.
    if let known, known.sequence < last.sequence { isKnownMet = true }
    if let known, known == last { isKnownMet = true }
  }

  /// The next link, with the row that it is about; nil where there is no such row.
  mutating func check(_ link: ChainLink, _ row: StoredJournalRow?) {
    found.links += 1
    checkPlace(link)
    switch link.kind {
    case .row, .open, .many: checkRow(link, row)
    case .closed: checkClosing(link, row)
    case .begin, .checkpoint, .pruned: checkNote(link)
    }
    if let known, link.sequence == known.sequence {
      isKnownMet = true
      if link.hash != known.hash { fault("this is not the head that was given: what is before it was changed", link) }
    }
    last = JournalHead(sequence: link.sequence, hash: link.hash)
    found.head = last
    isGap = false
  }

  /// A row that no link brings. To be told of before the next link that brings a later one.
  mutating func meet(unchained id: Int64) {
    lastStray = max(lastStray, id)
    // Before the first link, all rows are from before the chain.
    if id <= rowsBefore ?? (found.links == 0 && pruned == nil ? .max : 0), id > found.prunedThrough {
      found.rowsBefore += 1
    } else if id <= found.prunedThrough {
      found.fault("this row was forgotten, and is back", row: id)
    } else {
      found.fault("nobody has written this row: no link of the chain brings it", row: id)
    }
  }

  /// All links were seen. `lastLink` and `lastRow` are the highest numbers that the file has ever given out.
  mutating func finish(lastLink: Int64, lastRow counter: Int64) -> JournalVerification {
    if found.links == 0, lastLink > 0 {
      found.fault("there is no chain any more, and \(lastLink) links were written")
    } else if last.sequence < lastLink {
      found.fault("the chain ends after link \(last.sequence), and \(lastLink) were written: its end was cut off")
    }
    let newest = max(lastRow, lastStray, found.prunedThrough, rowsBefore ?? 0)
    if found.links > 0, newest < counter { found.fault("rows \(newest + 1) to \(counter) were written, and are gone") }
    if let known, !isKnownMet { found.fault("the chain ends before the head that was given (\(known.sequence))") }
    for id in unclosed.sorted() { found.fault("its count was never chained, and it is open no more", row: id) }
    found.openRows = openRows.count
    found.unsignedLinks = signedSequence == 0 ? found.links : Int(last.sequence - signedSequence)
    return found
  }

  // MARK: Links

  private mutating func checkPlace(_ link: ChainLink) {
    let expected = last.sequence + 1
    guard link.sequence != expected else { return }
    isGap = true
    if found.links == 1 {
      fault("the chain begins with link \(link.sequence) in place of \(expected): its beginning was cut off", link)
    } else {
      fault("links \(expected) to \(link.sequence - 1) are missing: rows were cut out", link)
    }
  }

  private mutating func checkRow(_ link: ChainLink, _ row: StoredJournalRow?) {
    guard let id = link.row else { return fault("the link names no row", link) }
    if id <= lastRow { fault("row \(id) comes after row \(lastRow): the order was changed", link) }
    lastRow = max(lastRow, id)
    guard let row else { return fault("the row is gone", link) }
    guard isRight(link, row.content.bytes(for: link.kind)) else { return }
    found.rows += 1
    switch (link.kind, row.isOpen) {
    case (.row, true): fault("the row is open, and was written as one that never changes", link)
    case (.row, false): break
    case (_, true): openRows.insert(id)
    case (_, false): unclosed.insert(id)
    }
    if row.content.isGap { found.gaps += 1 }
  }

  private mutating func checkClosing(_ link: ChainLink, _ row: StoredJournalRow?) {
    guard let id = link.row else { return fault("the link names no row", link) }
    unclosed.remove(id)
    if !closed.insert(id).inserted { fault("the row's count was chained twice", link) }
    if row?.isOpen == true { fault("the row is open again after its count was chained", link) }
    if let row {
      _ = isRight(link, row.content.bytes(for: .closed))
      return
    }
    guard id <= found.prunedThrough, let digest = link.body.flatMap({ SHA256Digest($0) }) else { return fault("the row is gone", link) }
    if !isRight(link, digest: digest) { fault("the link was changed", link) }
  }

  private mutating func checkNote(_ link: ChainLink) {
    guard let body = link.body, isRight(link, digest: hasher.digest(of: body)) else { return fault("the link was changed", link) }
    let at: Timestamp?
    switch link.kind {
    case .begin:
      let note = ChainNotes.Begin(body: body)
      rowsBefore = note?.lastRow
      at = note?.at
      if link.sequence != 1 { fault("the chain begins anew: what was before was removed", link) }
    case .pruned:
      let note = ChainNotes.Pruned(body: body)
      at = note?.at
    default: at = ChainNotes.Checkpoint(body: body)?.at
    }
    guard let at else { return fault("the link says nothing that makes sense", link) }
    checkSignature(link, at)
  }

  private mutating func checkSignature(_ link: ChainLink, _ at: Timestamp) {
    // Without a key to check them with there are hashes alone.
    guard !keys.isEmpty else { return }
    guard let signature = link.signature else { return fault("the link is not signed", link) }
    guard keys.contains(where: { JournalSigner.isValid(signature, of: link.hash, by: $0) }) else {
      return fault("the signature is not of the key that was given", link)
    }
    found.signatures += 1
    (found.signedAt, signedSequence) = (at, link.sequence)
  }

  /// Whether the link's hash is that of this content.
  private mutating func isRight(_ link: ChainLink, _ content: [UInt8]?) -> Bool {
    guard let content, !isRight(link, digest: hasher.digest(of: content)) else { return true }
    fault("the row is not what was written, or not where", link)
    return false
  }

  /// After a gap nobody knows the hash before: the link is taken as it is.
  private func isRight(_ link: ChainLink, digest: SHA256Digest) -> Bool {
    isGap || hasher.hash(after: last.hash, sequence: link.sequence, kind: link.kind, row: link.row, content: digest) == link.hash
  }

  private mutating func fault(_ problem: String, _ link: ChainLink) {
    found.fault(problem, link: link.sequence, row: link.row)
  }
}
