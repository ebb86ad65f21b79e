import Metainfo

/// What a row holds, as the chain's links cover it.
struct JournalContent {
  /// What is written once.
  struct Fixed {
    let id: Int64
    let at: Int64
    let refused: Bool
    let mergeKey: Int64
    let policyGeneration: Int64?
    /// verdict, operation, principal, address, info_hash, artifact, plugin, rule, reason, place: UTF-8.
    let texts: [[UInt8]?]
  }

  /// What changes while the row is open.
  struct Counted {
    let count: Int64
    let lastAt: Int64
    let facts: [UInt8]?
  }

  let fixed: Fixed
  let counted: Counted

  /// The verdict of rows that tell of entries that were lost.
  static let gap = "gap"
  var isGap: Bool { !fixed.refused && fixed.texts.first == Array(Self.gap.utf8) }

  /// The bytes that a link of this kind covers; nil where it is about no row.
  func bytes(for kind: ChainLink.Kind) -> [UInt8]? {
    var bytes = CanonicalBytes()
    switch kind {
    case .row:
      bytes.add(fixed)
      bytes.add(counted)
    case .open:
      bytes.add(fixed)
      bytes.add(text: counted.facts)
    case .many: bytes.add(fixed)
    case .closed: return Self.closing(fixed.id, counted)
    case .begin, .checkpoint, .pruned: return nil
    }
    return bytes.bytes
  }
}

extension JournalContent {
  /// What a closing covers.
  static func closing(_ id: Int64, _ counted: Counted) -> [UInt8] {
    var bytes = CanonicalBytes()
    bytes.add(id)
    bytes.add(counted)
    return bytes.bytes
  }

  /// The row as it is written.
  init(_ counted: CountedEntry, id: Int64, mergeKey: Int64) {
    let entry = counted.entry
    let texts = [
      entry.verdict, entry.operation, entry.principal, entry.address, entry.infoHash?.description, entry.artifact, entry.plugin, entry.rule,
      entry.reason, entry.place,
    ]
    fixed = Fixed(
      id: id, at: entry.at.nanoseconds, refused: entry.isRefusal, mergeKey: mergeKey, policyGeneration: entry.policyGeneration,
      texts: texts.map { $0.map { Array($0.utf8) } })
    self.counted = Counted(count: counted.count, lastAt: counted.lastAt.nanoseconds, facts: entry.facts.map { Array($0.utf8) })
  }
}

extension CanonicalBytes {
  fileprivate mutating func add(_ fixed: JournalContent.Fixed) {
    add(fixed.id)
    add(fixed.at)
    add(fixed.refused ? 1 : 0)
    add(fixed.mergeKey)
    add(fixed.policyGeneration)
    for text in fixed.texts { add(text: text) }
  }

  fileprivate mutating func add(_ counted: JournalContent.Counted) {
    add(counted.count)
    add(counted.lastAt)
    add(text: counted.facts)
  }
}
