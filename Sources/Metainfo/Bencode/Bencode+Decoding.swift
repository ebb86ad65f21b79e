extension Bencode {
  /// The value that these bytes are. Strict: what is not canonical is refused, unless an option forgives it.
  public static func decode(
    _ bytes: [UInt8], limits: BencodeLimits = .torrent, options: BencodeOptions = []
  ) throws(BencodeError) -> Bencode {
    Bencode(try BencodeDocument(bytes, limits: limits, options: options).root)
  }

  /// The value that these bytes begin with, and where it ends: ut_metadata's messages carry data after their dictionary (BEP 9).
  /// The limit on size holds for all bytes given.
  public static func decodePrefix(
    _ bytes: [UInt8], from position: Int = 0, limits: BencodeLimits = .message, options: BencodeOptions = []
  ) throws(BencodeError) -> (value: Bencode, end: Int) {
    let root = try BencodeDocument(prefixOf: bytes, from: position, limits: limits, options: options).root
    return (Bencode(root), root.range.upperBound)
  }

  /// Where the value of a key of the outermost dictionary lies in the bytes; nil where there is no such key, or no dictionary.
  public static func span(
    of key: String, in bytes: [UInt8], limits: BencodeLimits = .torrent, options: BencodeOptions = []
  ) throws(BencodeError) -> Range<Int>? {
    try BencodeDocument(bytes, limits: limits, options: options).root.entries.first { $0.key.elementsEqual(key.utf8) }?.value.range
  }

  /// A copy of a document's value. Recursive: the depth limit bounds it.
  init(_ node: BencodeNode) {
    switch node.kind {
    case .integer: self = .integer(node.integer ?? 0)
    case .bytes: self = .bytes(Array(node.bytes ?? []))
    case .list: self = .list(node.elements.map(Bencode.init))
    case .dictionary: self = .dictionary(Dictionary(node.entries.map { (Array($0.key), Bencode($0.value)) }) { $1 })
    }
  }
}
