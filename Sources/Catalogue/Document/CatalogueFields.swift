internal import Metainfo

/// The keys of a dictionary that is read strictly: each once, none that is not known.
struct CatalogueFields {
  private var values: [[UInt8]: Bencode]
  private let place: String

  /// Throws where the value is no dictionary.
  init(_ value: Bencode, at place: String) throws(CatalogueError) {
    guard let values = value.dictionary else { throw CatalogueError(place, "expected a dictionary") }
    (self.values, self.place) = (values, place)
  }

  /// The place of a key.
  func place(of key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

  mutating func takeIfPresent(_ key: String) -> Bencode? { values.removeValue(forKey: Array(key.utf8)) }

  mutating func take(_ key: String) throws(CatalogueError) -> Bencode {
    guard let value = takeIfPresent(key) else { throw CatalogueError(place(of: key), "the key is missing") }
    return value
  }

  mutating func integer(_ key: String) throws(CatalogueError) -> Int64 {
    guard let number = try take(key).integer else { throw CatalogueError(place(of: key), "expected a number") }
    return number
  }

  mutating func text(_ key: String) throws(CatalogueError) -> String { try Self.text(try take(key), place(of: key)) }

  mutating func textIfPresent(_ key: String) throws(CatalogueError) -> String? {
    guard let value = takeIfPresent(key) else { return nil }
    return try Self.text(value, place(of: key))
  }

  /// Bytes of one of these lengths; nil where the key is not there.
  mutating func bytesIfPresent(_ key: String, _ lengths: Set<Int>) throws(CatalogueError) -> [UInt8]? {
    guard let value = takeIfPresent(key) else { return nil }
    guard let bytes = value.bytes, lengths.contains(bytes.count) else {
      throw CatalogueError(place(of: key), "expected \(lengths.sorted().map(String.init).joined(separator: " or ")) bytes")
    }
    return bytes
  }

  /// To be called last: throws where a key is left that nobody has asked for. A later version of the format may have more; it says so.
  func end() throws(CatalogueError) {
    guard let key = values.keys.min(by: { $0.lexicographicallyPrecedes($1) }) else { return }
    let isPlain = key.count <= 32 && key.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    throw CatalogueError(place, "unknown key" + (isPlain ? " '\(String(decoding: key, as: UTF8.self))'" : ""))
  }

  static func text(_ value: Bencode, _ place: String) throws(CatalogueError) -> String {
    guard let text = value.string else { throw CatalogueError(place, "expected a text in UTF-8") }
    return text
  }
}
