/// Fields of a dictionary by name and type. One that is there with another type is an error, not an absence.
extension BencodeNode {
  func integer(_ key: StaticString, at place: @autoclosure () -> String) throws(TorrentError) -> Int64? {
    guard let node = self[key] else { return nil }
    guard let integer = node.integer else { throw Self.wrongType(place(), key, "an integer") }
    return integer
  }

  func bytes(_ key: StaticString, at place: @autoclosure () -> String) throws(TorrentError) -> ArraySlice<UInt8>? {
    guard let node = self[key] else { return nil }
    guard let bytes = node.bytes else { throw Self.wrongType(place(), key, "a string") }
    return bytes
  }

  func list(_ key: StaticString, at place: @autoclosure () -> String) throws(TorrentError) -> BencodeNode? {
    guard let node = self[key] else { return nil }
    guard node.kind == .list else { throw Self.wrongType(place(), key, "a list") }
    return node
  }

  func dictionary(_ key: StaticString, at place: @autoclosure () -> String) throws(TorrentError) -> BencodeNode? {
    guard let node = self[key] else { return nil }
    guard node.kind == .dictionary else { throw Self.wrongType(place(), key, "a dictionary") }
    return node
  }

  private static func wrongType(_ place: String, _ key: StaticString, _ expected: String) -> TorrentError {
    TorrentError(.wrongType, at: place.isEmpty ? "\(key)" : "\(place).\(key)", "must be \(expected)")
  }
}
