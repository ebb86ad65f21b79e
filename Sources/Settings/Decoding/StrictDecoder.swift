internal import PluginKit

/// Decodes a value of a YAML document: refuses keys that the type does not know, wants exact types, and says where.
struct StrictDecoder: PlacedDecoder {
  let pass: DecodingPass
  let node: YAMLNode
  let path: SettingsPath

  var codingPath: [any CodingKey] { path.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  var place: String { node.mark.place(in: pass.file) }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    let pairs = try mapping()
    let request = Excuse(.unknownKeys, path, type)
    try refuseUnknownKeys(pairs, type, request)
    return KeyedDecodingContainer(KeyedContainer(decoder: self, pairs: pairs, request: request))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    UnkeyedContainer(decoder: self, items: try items())
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    SingleContainer(decoder: self)
  }

  /// The decoder of a value within this one.
  func child(_ node: YAMLNode, _ step: SettingsPath.Step) -> StrictDecoder {
    StrictDecoder(pass: pass, node: node, path: path.appending(step))
  }

  /// The pairs of a mapping. Where decoding began, nothing is an empty mapping.
  func mapping() throws(DecodingFailure) -> [YAMLPair] {
    pass.open(path)
    if case .mapping(let pairs) = node.content { return pairs }
    if node.isNull, path == pass.rootPath { return [] }
    throw failure(Mismatch(expected: "a mapping", found: node))
  }

  /// The items of a list.
  func items() throws(DecodingFailure) -> [YAMLNode] {
    pass.open(path)
    guard case .sequence(let items) = node.content else { throw failure(Mismatch(expected: "a list", found: node)) }
    return items
  }

  private func refuseUnknownKeys<Key: CodingKey>(_ pairs: [YAMLPair], _ type: Key.Type, _ request: Excuse) throws(DecodingFailure) {
    guard !pass.excusesUnknownKeys(request) else { return }
    let unknown = pairs.filter { Key(stringValue: $0.key) == nil }.map { pair in
      UnknownKey(key: pair.key, mark: pair.keyMark, container: request)
    }
    guard unknown.isEmpty else { throw DecodingFailure(unknownKeys: unknown, excuse: request) }
  }
}
