import Metainfo
internal import PluginKit

/// The extended message `gr_have`: a question about info-hashes or for the catalogue, or the answer to one. The article on messages has the format.
enum HaveMessage: Sendable, Hashable {
  static let name = "gr_have"
  /// Info-hashes of a question, at most.
  static let most = 32
  /// Bytes of a payload that is taken, at most: a full question needs some 1,200.
  static let maximumSize = 2_048
  /// Bytes of the catalogue that one answer has, at most.
  static let partSize = 64 << 10

  /// `id` is the asker's, and comes back with the answer. 20 or 32 bytes each.
  case question(id: Int64, infoHashes: [[UInt8]])
  /// In the question's order; nil for what is unknown or forbidden.
  case answer(id: Int64, standings: [ArtifactStanding?])
  /// For the catalogue from this byte on.
  case catalogue(id: Int64, offset: Int64)
  /// Bytes of the catalogue from an offset, and how many it has in all: 0 where there is none for the peer.
  case part(id: Int64, offset: Int64, size: Int64, bytes: [UInt8])
  /// Not now: ask again later.
  case later(id: Int64)

  /// A message that is none.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  init(_ bytes: [UInt8], longest: Int = maximumSize) throws(Malformed) {
    let value: Bencode
    do throws(BencodeError) {
      value = try Bencode.decode(bytes, limits: BencodeLimits(size: longest, depth: 3, tokens: 8 + 3 * Self.most))
    } catch {
      throw Malformed(description: "\(error)")
    }
    guard let id = value["i"]?.integer, id >= 0 else { throw Malformed(description: "it has no id") }
    if let asked = value["c"] {
      self = try Self.ofCatalogue(asked, id, value)
      return
    }
    switch (value["q"]?.list, value["a"]?.list, value["l"]?.integer) {
    case (let asked?, nil, nil): self = .question(id: id, infoHashes: try Self.infoHashes(asked))
    case (nil, let answered?, nil): self = .answer(id: id, standings: try answered.map(Self.standing))
    case (nil, nil, 1): self = .later(id: id)
    default: throw Malformed(description: "it is neither a question nor an answer")
    }
  }

  private static func ofCatalogue(_ asked: Bencode, _ id: Int64, _ value: Bencode) throws(Malformed) -> HaveMessage {
    guard value["q"] == nil, value["a"] == nil, value["l"] == nil else { throw Malformed(description: "it is of two kinds") }
    if let offset = asked.integer, value["n"] == nil, value["o"] == nil, offset >= 0 { return .catalogue(id: id, offset: offset) }
    guard let bytes = asked.bytes, let size = value["n"]?.integer, let offset = value["o"]?.integer, offset >= 0, size >= 0,
      Int64(bytes.count) <= size
    else { throw Malformed(description: "it has neither an offset nor a part of the catalogue") }
    return .part(id: id, offset: offset, size: size, bytes: bytes)
  }

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
    case .catalogue(let id, let offset): Bencode.dictionary(["c": .integer(offset), "i": .integer(id)]).encoded()
    case .part(let id, let offset, let size, let bytes):
      Bencode.dictionary(["c": .bytes(bytes), "i": .integer(id), "n": .integer(size), "o": .integer(offset)]).encoded()
    case .later(let id): Bencode.dictionary(["i": .integer(id), "l": .integer(1)]).encoded()
    }
  }

  private static func value(_ standing: ArtifactStanding?) -> Bencode {
    .list(standing.map { [.integer(Int64($0.held)), .integer(Int64($0.pieces))] } ?? [])
  }
}
