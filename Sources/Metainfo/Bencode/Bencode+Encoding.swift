extension Bencode {
  /// The canonical form (BEP 3): the only one there is for this value, keys in the order of their raw bytes.
  public func encoded() -> [UInt8] {
    var writer = BencodeWriter()
    writer.append(self)
    return writer.bytes
  }
}

/// Bencoded bytes being written, piece by piece, so that what is already bencoded can be put in as it is.
struct BencodeWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: Bencode) {
    switch value {
    case .integer(let number): append(literal: "i\(number)e")
    case .bytes(let string): append(string: string)
    case .list(let elements):
      append(literal: "l")
      for element in elements { append(element) }
      append(literal: "e")
    case .dictionary(let entries):
      append(literal: "d")
      for (key, value) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        append(string: key)
        append(value)
      }
      append(literal: "e")
    }
  }

  mutating func append(string: some Collection<UInt8>) {
    append(literal: "\(string.count):")
    bytes.append(contentsOf: string)
  }

  /// Appends bytes that are bencoded already, or syntax.
  mutating func append(encoded: some Sequence<UInt8>) {
    bytes.append(contentsOf: encoded)
  }

  mutating func append(literal: String) {
    bytes.append(contentsOf: literal.utf8)
  }
}
