import PluginKit

/// A strict decoder of literal values.
struct LiteralDecoder: PlacedDecoder, SingleValueDecodingContainer {
  let value: LiteralValue
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  var place: String {
    codingPath.reduce("$") { path, key in key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)" }
  }

  func problem(_ message: String) -> LiteralProblem { LiteralProblem(place: place, message: message) }

  func expected(_ what: String) -> LiteralProblem { problem("expected \(what), found \(value.kind)") }

  func child(_ value: LiteralValue, _ key: any CodingKey) -> LiteralDecoder {
    LiteralDecoder(value: value, codingPath: codingPath + [key])
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .mapping(let entries) = value else { throw expected("a mapping") }
    if let unknown = entries.keys.sorted().first(where: { Key(stringValue: $0) == nil }) { throw problem("unknown key '\(unknown)'") }
    return KeyedDecodingContainer(LiteralMapping<Key>(decoder: self, entries: entries))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let items) = value else { throw expected("a list") }
    return LiteralList(decoder: self, items: items)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  // MARK: Single values

  func decodeNil() -> Bool { value == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let value) = value else { throw expected("true or false") }
    return value
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .text(let value) = value else { throw expected("text") }
    return value
  }

  func decode(_ type: Double.Type) throws -> Double { Double(try decode(Int.self)) }
  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Int.self)) }
  func decode(_ type: Int.Type) throws -> Int { try integer() }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
  func decode(_ type: UInt.Type) throws -> UInt { try integer() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

  private func integer<Number: FixedWidthInteger>() throws -> Number {
    guard case .integer(let value) = value else { throw expected("a number") }
    guard let number = Number(exactly: value) else { throw problem("\(value) is out of range") }
    return number
  }
}

/// The mapping's side of the decoder.
private struct LiteralMapping<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: LiteralDecoder
  let entries: [String: LiteralValue]
  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { entries.keys.sorted().compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { entries[key.stringValue] != nil }

  func decodeNil(forKey key: Key) throws -> Bool { entries[key.stringValue] ?? .null == .null }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try Value(from: try child(key)) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
    try child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try child(key).unkeyedContainer() }
  func superDecoder() throws -> any Decoder { decoder }
  func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }

  private func child(_ key: Key) throws -> LiteralDecoder {
    guard let value = entries[key.stringValue] else { throw decoder.problem("'\(key.stringValue)' is missing") }
    return decoder.child(value, key)
  }
}

/// The list's side of the decoder.
private struct LiteralList: UnkeyedDecodingContainer {
  let decoder: LiteralDecoder
  let items: [LiteralValue]
  private(set) var currentIndex = 0
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { items.count }
  var isAtEnd: Bool { currentIndex >= items.count }

  private struct Index: CodingKey {
    let intValue: Int?
    var stringValue: String { String(intValue ?? 0) }
    init(_ index: Int) { intValue = index }
    init?(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { return nil }
  }

  init(decoder: LiteralDecoder, items: [LiteralValue]) {
    (self.decoder, self.items) = (decoder, items)
  }

  mutating func decodeNil() throws -> Bool {
    guard try peek().value == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let value = try Value(from: try peek())
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
  mutating func superDecoder() throws -> any Decoder { try next() }

  private func peek() throws -> LiteralDecoder {
    guard items.indices.contains(currentIndex) else { throw decoder.problem("the list ends too early") }
    return decoder.child(items[currentIndex], Index(currentIndex))
  }

  private mutating func next() throws -> LiteralDecoder {
    defer { currentIndex += 1 }
    return try peek()
  }
}
