import Metainfo
internal import PluginKit

/// The extended message `gr_have`: a question about info-hashes, or the answer to one. The article on messages has the format.
enum HaveMessage: Sendable, Hashable {
  static let name = "gr_have"
  /// Info-hashes of a question, at most.
  static let most = 32
  /// Bytes of a payload, at most: a full question needs some 1,200.
  static let maximumSize = 2_048

  /// `id` is the asker's, and comes back with the answer. 20 or 32 bytes each.
  case question(id: Int64, infoHashes: [[UInt8]])
  /// In the question's order; nil for what is unknown or forbidden.
  case answer(id: Int64, standings: [ArtifactStanding?])
  /// Not now: ask again later.
  case later(id: Int64)

  /// A message that is none.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  init(_ bytes: [UInt8]) throws(Malformed) {
    let value: Bencode
    do throws(BencodeError) {
      value = try Bencode.decode(bytes, limits: Self.limits)
    } catch {
      throw Malformed(description: "\(error)")
    }
    guard let id = value["i"]?.integer, id >= 0 else { throw Malformed(description: "it has no id") }
    switch (value["q"]?.list, value["a"]?.list, value["l"]?.integer) {
    case (let asked?, nil, nil): self = .question(id: id, infoHashes: try Self.infoHashes(asked))
    case (nil, let answered?, nil): self = .answer(id: id, standings: try answered.map(Self.standing))
    case (nil, nil, 1): self = .later(id: id)
    default: throw Malformed(description: "it is neither a question nor an answer")
    }
  }

  private static let limits = BencodeLimits(size: maximumSize, depth: 3, tokens: 8 + 3 * most)

  private static func infoHashes(_ list: [Bencode]) throws(Malformed) -> [[UInt8]] {
    let hashes = list.compactMap(\.bytes).filter { [SHA1Digest.byteCount, SHA256Digest.byteCount].contains($0.count) }
    guard hashes.count == list.count, (1...most).contains(hashes.count) else {
      throw Malformed(description: "a question is about 1 to \(most) info-hashes")
    }
    return hashes
  }

  private static func standing(_ value: Bencode) throws(Malformed) -> ArtifactStanding? {
    guard let list = value.list else { throw Malformed(description: "an answer is a list of lists") }
    if list.isEmpty { return nil }
    guard list.count == 2, let held = list[0].integer.flatMap({ Int(exactly: $0) }),
      let pieces = list[1].integer.flatMap({ Int(exactly: $0) }),
      held >= 0, held <= pieces
    else { throw Malformed(description: "an answer has what is held, and of how much") }
    return ArtifactStanding(held: held, pieces: pieces)
  }

  var encoded: [UInt8] {
    switch self {
    case .question(let id, let hashes): Bencode.dictionary(["i": .integer(id), "q": .list(hashes.map { .bytes($0) })]).encoded()
    case .answer(let id, let standings): Bencode.dictionary(["a": .list(standings.map(Self.value)), "i": .integer(id)]).encoded()
    case .later(let id): Bencode.dictionary(["i": .integer(id), "l": .integer(1)]).encoded()
    }
  }

  private static func value(_ standing: ArtifactStanding?) -> Bencode {
    .list(standing.map { [.integer(Int64($0.held)), .integer(Int64($0.pieces))] } ?? [])
  }
}
