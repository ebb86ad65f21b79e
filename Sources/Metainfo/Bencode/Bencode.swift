/// A bencoded value (BEP 3).
public enum Bencode: Hashable, Sendable {
  /// An integer; what does not fit 64 bits is refused by the decoder.
  case integer(Int64)
  /// A byte string.
  case bytes([UInt8])
  /// A list.
  case list([Bencode])
  /// A dictionary. Keys are byte strings; the encoder writes them in their raw order.
  case dictionary([[UInt8]: Bencode])

  /// A byte string of the text's UTF-8.
  public static func string(_ text: String) -> Bencode { .bytes(Array(text.utf8)) }

  /// A dictionary with text keys.
  public static func dictionary(_ entries: KeyValuePairs<String, Bencode>) -> Bencode {
    .dictionary(Dictionary(entries.map { (Array($0.key.utf8), $0.value) }) { $1 })
  }

  /// The integer, else nil.
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// The byte string, else nil.
  public var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
  /// The byte string where it is valid UTF-8, else nil.
  public var string: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }
  /// The list, else nil.
  public var list: [Bencode]? { if case .list(let value) = self { value } else { nil } }
  /// The dictionary, else nil.
  public var dictionary: [[UInt8]: Bencode]? { if case .dictionary(let value) = self { value } else { nil } }

  /// The dictionary's value for a text key, else nil.
  public subscript(key: String) -> Bencode? { dictionary?[Array(key.utf8)] }
}
