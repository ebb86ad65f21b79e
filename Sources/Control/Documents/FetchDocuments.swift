/// What is to be fetched, as a command hands it to a running node.
package struct FetchSubmission: Codable, Sendable {
  /// The .torrent file, base64; nil where there is a magnet link.
  package var torrent: String?
  package var magnet: String?
  /// The operator's name for the artifact; nil: the torrent's.
  package var name: String?
  /// The folder that it comes to lie in, absolute.
  package var root: String
  /// Patterns of the wanted files' paths; nil: all that the magnet link selects, or all.
  package var select: [String]?
  /// Peers to dial, as `HOST:PORT` with a numeric host.
  package var peers: [String]
  package var labels: [String: String]

  package init(
    torrent: String? = nil, magnet: String? = nil, name: String?, root: String, select: [String]?, peers: [String],
    labels: [String: String]
  ) {
    (self.torrent, self.magnet, self.name, self.root, self.select) = (torrent, magnet, name, root, select)
    (self.peers, self.labels) = (peers, labels)
  }
}

/// How a fetch stands.
package struct FetchDocument: Codable, Sendable, Hashable {
  package var schema = "granary.fetch/1"
  package var name: String
  package var infoHashV1: String?
  package var infoHashV2: String?
  /// `metadata` while a magnet link's torrent is not known; `fetching`, `finishing`, `ready`, or what else the artifact's state is.
  package var state: String
  /// Why it is in that state, or what keeps it from going on just now; nil where there is nothing to say.
  package var reason: String?
  /// Where the state is `failed`: the exit code that says what has failed, 73 where something else lies in its place, else 74.
  package var code: Int32?
  /// The folder that it lies in, or comes to lie in.
  package var data: String
  /// Bytes that are wanted, and those of them that are not there.
  package var size: Int64
  package var left: Int64
  /// Pieces that are there and right, and those that are wanted.
  package var piecesHeld: Int
  package var pieces: Int
  /// Bytes of blocks that came since the node's start and were of use, and that were not.
  package var downloaded: Int64
  package var wasted: Int64
  /// Pieces that failed their check.
  package var failedPieces: Int
  /// Peers that are asked, and those of them that serve us.
  package var peers: Int
  package var serving: Int

  package init(
    name: String, infoHashV1: String?, infoHashV2: String?, state: String, reason: String?, data: String, size: Int64, left: Int64,
    piecesHeld: Int, pieces: Int, downloaded: Int64 = 0, wasted: Int64 = 0, failedPieces: Int = 0, peers: Int = 0, serving: Int = 0
  ) {
    (self.name, self.infoHashV1, self.infoHashV2, self.state, self.reason) = (name, infoHashV1, infoHashV2, state, reason)
    (self.data, self.size, self.left, self.piecesHeld, self.pieces) = (data, size, left, piecesHeld, pieces)
    (self.downloaded, self.wasted, self.failedPieces) = (downloaded, wasted, failedPieces)
    (self.peers, self.serving) = (peers, serving)
  }

  enum CodingKeys: String, CodingKey {
    case schema, name, state, reason, code, data, size, left, pieces, downloaded, wasted, peers, serving
    case infoHashV1 = "info_hash_v1"
    case infoHashV2 = "info_hash_v2"
    case piecesHeld = "pieces_held"
    case failedPieces = "failed_pieces"
  }

  /// Info-hashes, reason and code are always there, if only as null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(name, forKey: .name)
    try container.encode(infoHashV1, forKey: .infoHashV1)
    try container.encode(infoHashV2, forKey: .infoHashV2)
    try container.encode(state, forKey: .state)
    try container.encode(reason, forKey: .reason)
    try container.encode(code, forKey: .code)
    try container.encode(data, forKey: .data)
    try container.encode(size, forKey: .size)
    try container.encode(left, forKey: .left)
    try container.encode(piecesHeld, forKey: .piecesHeld)
    try container.encode(pieces, forKey: .pieces)
    try container.encode(downloaded, forKey: .downloaded)
    try container.encode(wasted, forKey: .wasted)
    try container.encode(failedPieces, forKey: .failedPieces)
    try container.encode(peers, forKey: .peers)
    try container.encode(serving, forKey: .serving)
  }
}

/// The fetches of a node.
package struct FetchesDocument: Codable, Sendable {
  package var schema = "granary.fetches/1"
  package let fetches: [FetchDocument]

  package init(fetches: [FetchDocument]) { self.fetches = fetches }
}
