import Metainfo

/// What the links say that are about no row.
enum ChainNotes {
  /// Rows up to this number were there before the chain.
  struct Begin: Hashable {
    let lastRow: Int64
    let at: Timestamp
  }

  /// A signature was due.
  struct Checkpoint: Hashable {
    let lastRow: Int64
    let at: Timestamp
  }

  /// Rows were forgotten, and with them the links up to `base`, after which the chain now begins.
  struct Pruned: Hashable {
    /// No row up to this number is left.
    let throughRow: Int64
    let base: JournalHead
    /// How many rows went this time.
    let rows: Int64
    let at: Timestamp
  }
}

extension ChainNotes.Begin {
  var body: [UInt8] { ChainNotes.body([lastRow, at.nanoseconds]) }

  init?(body: [UInt8]?) {
    guard let numbers = ChainNotes.numbers(body, 2) else { return nil }
    self.init(lastRow: numbers[0], at: Timestamp(nanoseconds: numbers[1]))
  }
}

extension ChainNotes.Checkpoint {
  var body: [UInt8] { ChainNotes.body([lastRow, at.nanoseconds]) }

  init?(body: [UInt8]?) {
    guard let numbers = ChainNotes.numbers(body, 2) else { return nil }
    self.init(lastRow: numbers[0], at: Timestamp(nanoseconds: numbers[1]))
  }
}

extension ChainNotes.Pruned {
  var body: [UInt8] {
    var bytes = CanonicalBytes()
    for number in [throughRow, base.sequence, rows, at.nanoseconds] { bytes.add(number) }
    bytes.add(text: base.hash.bytes)
    return bytes.bytes
  }

  init?(body: [UInt8]?) {
    guard let body else { return nil }
    var reader = CanonicalReader(body)
    guard let through = reader.number(), let sequence = reader.number(), let rows = reader.number(), let at = reader.number(),
      let hash = reader.text().flatMap({ SHA256Digest($0) }), reader.isAtEnd
    else { return nil }
    self.init(throughRow: through, base: JournalHead(sequence: sequence, hash: hash), rows: rows, at: Timestamp(nanoseconds: at))
  }
}

extension ChainNotes {
  fileprivate static func body(_ numbers: [Int64]) -> [UInt8] {
    var bytes = CanonicalBytes()
    for number in numbers { bytes.add(number) }
    return bytes.bytes
  }

  fileprivate static func numbers(_ body: [UInt8]?, _ count: Int) -> [Int64]? {
    guard let body else { return nil }
    var reader = CanonicalReader(body)
    var numbers: [Int64] = []
    while numbers.count < count {
      guard let number = reader.number() else { return nil }
      numbers.append(number)
    }
    return reader.isAtEnd ? numbers : nil
  }
}
