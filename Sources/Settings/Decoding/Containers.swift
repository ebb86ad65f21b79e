// The standard library's three views of a value. Each request ends in `StrictDecoder.value`, where failures are placed.

/// A mapping.
struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: StrictDecoder
  let pairs: [YAMLPair]
  let request: Excuse

  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { pairs.compactMap { Key(stringValue: $0.key) } }

  func contains(_ key: Key) -> Bool { pair(key) != nil }

  func decodeNil(forKey key: Key) throws -> Bool { try child(key).node.isNull }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    guard pair(key) == nil, let standIn = (type as? any HasStandIn.Type)?.standIn as? T else { return try child(key).value(type) }
    let excuse = Excuse(.missingKey, decoder.path.appending(.key(key.stringValue)), type)
    if decoder.pass.excuses(excuse) { return standIn }
    var failure = missing(key)
    failure.excuse = excuse
    throw failure
  }

  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    guard let pair = pair(key), !pair.value.isNull else { return nil }
    return try decoder.child(pair.value, .key(pair.key)).optionalValue(type)
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
    try child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try child(key).unkeyedContainer() }
  func superDecoder() throws -> any Decoder { decoder }
  func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }

  private func pair(_ key: Key) -> YAMLPair? {
    decoder.pass.note(key.stringValue, of: request)
    return pairs.first { $0.key == key.stringValue }
  }

  private func child(_ key: Key) throws -> StrictDecoder {
    guard let pair = pair(key) else { throw missing(key) }
    return decoder.child(pair.value, .key(pair.key))
  }

  private func missing(_ key: Key) -> DecodingFailure {
    DecodingFailure(
      problems: [Problem(mark: decoder.node.mark, path: decoder.path, message: "the key '\(printable(key.stringValue))' is missing")])
  }
}

/// A list.
struct UnkeyedContainer: UnkeyedDecodingContainer {
  let decoder: StrictDecoder
  let items: [YAMLNode]
  private(set) var currentIndex = 0

  init(decoder: StrictDecoder, items: [YAMLNode]) {
    (self.decoder, self.items) = (decoder, items)
  }

  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { items.count }
  var isAtEnd: Bool { currentIndex >= items.count }

  mutating func decodeNil() throws -> Bool {
    guard try next().node.isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let value = try next().value(type)
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    let container = try next().container(keyedBy: type)
    currentIndex += 1
    return container
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let container = try next().unkeyedContainer()
    currentIndex += 1
    return container
  }

  mutating func superDecoder() throws -> any Decoder {
    let item = try next()
    currentIndex += 1
    return item
  }

  private func next() throws -> StrictDecoder {
    guard !isAtEnd else {
      let message = "expected more than \(items.count) items in this list"
      throw DecodingFailure(problems: [Problem(mark: decoder.node.mark, path: decoder.path, message: message)])
    }
    return decoder.child(items[currentIndex], .index(currentIndex))
  }
}

/// One value, whatever it is.
struct SingleContainer: SingleValueDecodingContainer {
  let decoder: StrictDecoder

  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.node.isNull }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.value(type) }
}
