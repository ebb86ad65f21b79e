/// A bencoded value left where it lies: the source and its tokens. What a torrent is read from without copying its strings.
struct BencodeDocument {
  let source: [UInt8]
  let tokens: [BencodeToken]

  /// Reads the value that begins at `position`; what follows it is left alone.
  init(prefixOf source: [UInt8], from position: Int = 0, limits: BencodeLimits, options: BencodeOptions) throws(BencodeError) {
    self.source = source
    tokens = try BencodeTokenizer.tokens(of: source, from: position, limits: limits, options: options)
  }

  /// Reads a value that is the whole source.
  init(_ source: [UInt8], limits: BencodeLimits, options: BencodeOptions) throws(BencodeError) {
    try self.init(prefixOf: source, limits: limits, options: options)
    guard root.range.upperBound == source.count else { throw BencodeError(.trailingBytes, at: root.range.upperBound) }
  }

  var root: BencodeNode { BencodeNode(document: self, index: 0) }
}

/// One value of a document.
struct BencodeNode {
  enum Kind {
    case integer, bytes, list, dictionary
  }

  fileprivate let document: BencodeDocument
  fileprivate let index: Int

  private var token: BencodeToken { document.tokens[index] }

  /// The value's bytes in the source.
  var range: Range<Int> { Int(token.begin)..<Int(token.end) }
  /// The value's bytes, as they stand in the source.
  var encoded: ArraySlice<UInt8> { document.source[range] }

  var kind: Kind {
    switch document.source[Int(token.begin)] {
    case UInt8(ascii: "i"): .integer
    case UInt8(ascii: "l"): .list
    case UInt8(ascii: "d"): .dictionary
    default: .bytes
    }
  }

  var integer: Int64? {
    guard kind == .integer else { return nil }
    let digits = document.source[Int(token.content)..<Int(token.end) - 1]
    let isNegative = digits.first == UInt8(ascii: "-")
    // Counted below zero, where the tokenizer has made sure that it fits.
    let negated = digits.dropFirst(isNegative ? 1 : 0).reduce(Int64(0)) { $0 &* 10 &- Int64($1 &- UInt8(ascii: "0")) }
    return isNegative ? negated : 0 &- negated
  }

  var bytes: ArraySlice<UInt8>? {
    kind == .bytes ? document.source[Int(token.content)..<Int(token.end)] : nil
  }

  /// The elements of a list; none where this is no list.
  var elements: Elements { Elements(document: document, index: index + 1, end: kind == .list ? Int(token.next) : index + 1) }

  /// The entries of a dictionary in the source's order; none where this is no dictionary.
  var entries: Entries {
    Entries(values: Elements(document: document, index: index + 1, end: kind == .dictionary ? Int(token.next) : index + 1))
  }

  /// The dictionary's value for a key; nil where there is none, or where this is no dictionary.
  subscript(key: StaticString) -> BencodeNode? {
    key.withUTF8Buffer { name in entries.first { $0.key.elementsEqual(name) }?.value }
  }

  struct Elements: Sequence, IteratorProtocol {
    fileprivate let document: BencodeDocument
    fileprivate var index: Int
    fileprivate let end: Int

    mutating func next() -> BencodeNode? {
      guard index < end else { return nil }
      defer { index = Int(document.tokens[index].next) }
      return BencodeNode(document: document, index: index)
    }
  }

  struct Entries: Sequence, IteratorProtocol {
    fileprivate var values: Elements

    mutating func next() -> (key: ArraySlice<UInt8>, value: BencodeNode)? {
      // A key is always a string, and always followed by its value.
      guard let key = values.next()?.bytes, let value = values.next() else { return nil }
      return (key, value)
    }
  }
}
