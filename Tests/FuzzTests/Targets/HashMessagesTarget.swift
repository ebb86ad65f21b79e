import Metainfo
import NIOCore
import PeerProtocol
import TestSupport

/// BEP 52's hash messages: as a session takes them off the wire, and as a file's tree answers them.
///
/// The first byte chooses. Either the rest is a byte stream, or each nine bytes are a request whose root is one of ours and whose numbers are
/// small, so that answers are reached; each answer must prove itself against the root.
struct HashMessagesTarget: FuzzTarget {
  static let name = "hash-messages"
  static let maximumLength = 16 << 10

  private static let pieceLength = 65_536
  private let files: [HashedFile]

  init() throws {
    files = try [1, 16_385, 65_536, 65_537, 37 * 16_384 + 5].map { try HashedFile(length: $0, pieceLength: Self.pieceLength) }
  }

  func run(_ input: [UInt8]) throws {
    var reader = InputReader(input)
    if reader.byte() & 1 == 0 { return feed(Array(input.dropFirst())) }
    for _ in 0..<64 where !reader.isAtEnd {
      let file = files[Int(reader.byte()) % files.count]
      let (shape, base) = (reader.byte(), reader.byte())
      let length = shape & 0x80 == 0 ? UInt32(1) << UInt32(shape & 15) : UInt32(reader.short())
      let index = UInt32(reader.short())
      try ask(
        HashRequest(
          piecesRoot: file.tree.root, baseLayer: UInt32(base & 0x3F), index: base & 0x80 == 0 ? index : index &* 65_521, length: length,
          proofLayers: UInt32(reader.byte())), of: file)
    }
  }

  private func feed(_ bytes: [UInt8]) {
    var buffer = ByteBuffer(bytes: bytes)
    var decoder = PeerMessageDecoder(limits: MessageLimits(pieceCount: 8))
    var session = PeerSession(layout: nil, fast: true, extensions: true, v2: true, limits: SessionLimits())
    session.didRequest(asked)
    while let message = try? decoder.next(&buffer) {
      guard let event = try? session.receive(message) else { return }
      if case .hashRequested(let request) = event { _ = request.refusal(fileLength: Int64(files[4].length)) }
    }
  }

  private var asked: HashRequest { HashRequest(piecesRoot: files[4].tree.root, baseLayer: 0, index: 0, length: 4, proofLayers: 3) }

  private func ask(_ request: HashRequest, of file: HashedFile) throws {
    let isRefused = request.refusal(fileLength: Int64(file.length)) != nil
    let piece = isRefused ? 0 : Int((UInt64(request.index) << UInt64(request.baseLayer)) >> UInt64(file.tree.pieceHeight))
    let hashes = file.tree.hashes(
      baseLayer: Int(request.baseLayer), index: Int(request.index), length: Int(request.length), proofLayers: Int(request.proofLayers),
      leaves: file.leaves(ofPiece: piece))
    guard let hashes else { return }
    try promise(!isRefused, "a request that is refused is answered: \(request)")
    try promise(hashes.count == request.hashCount, "\(hashes.count) hashes for \(request.hashCount)")
    try prove(hashes, request, file)
  }

  /// What was asked for, with its uncles, makes the node of the tree that they lie under.
  private func prove(_ hashes: [SHA256Digest], _ request: HashRequest, _ file: HashedFile) throws {
    var node = MerkleTree.root(leaves: Array(hashes.prefix(Int(request.length))))
    var (height, index) = (Int(request.baseLayer) + request.length.trailingZeroBitCount, Int(request.index) / Int(request.length))
    for uncle in hashes.dropFirst(Int(request.length)) {
      node = MerkleTree.root(leaves: index & 1 == 0 ? [node, uncle] : [uncle, node])
      (height, index) = (height + 1, index / 2)
    }
    guard let known = file.tree.node(height: height, index: index) else { return }
    try promise(node == known, "an answer that does not prove itself: \(request)")
  }

  func seeds() throws -> [[UInt8]] {
    var stream = ByteBuffer()
    PeerMessageEncoder.encode(.hashRequest(asked), into: &stream)
    PeerMessageEncoder.encode(.hashes(asked, ByteBuffer(repeating: 1, count: asked.hashCount * 32)), into: &stream)
    PeerMessageEncoder.encode(.hashReject(asked), into: &stream)
    let requests: [[UInt8]] = [
      [4, 2, 0, 0, 4, 3], [4, 3, 2, 0, 8, 1], [4, 0, 2, 0, 9, 2], [1, 1, 0, 0, 0, 0], [3, 2, 0, 0, 0, 2], [0, 0, 0, 0, 0, 0],
    ]
    return [[0] + Array(stream.readableBytesView)] + requests.map { [1] + $0 } + [[1] + requests.joined()]
  }
}

/// A file of random bytes with its tree.
private struct HashedFile {
  let length: Int
  let tree: MerkleTree
  private let content: [UInt8]
  private let pieceLength: Int

  init(length: Int, pieceLength: Int) throws {
    (self.length, self.pieceLength) = (length, pieceLength)
    content = TorrentFixtures.content(length, seed: UInt64(length))
    let layer = TorrentFixtures.layer(content, pieceLength: pieceLength)
    guard let tree = MerkleTree(pieceLayer: layer, fileLength: Int64(length), pieceLength: pieceLength) else {
      throw BrokenPromise(target: HashMessagesTarget.name, what: "no tree for \(length) bytes")
    }
    self.tree = tree
  }

  func leaves(ofPiece piece: Int) -> MerkleTree.PieceLeaves? {
    let begin = piece * pieceLength
    guard begin < length else { return nil }
    let end = min(begin + pieceLength, length)
    let leaves = stride(from: begin, to: end, by: Block.standardLength).map {
      SHA256Digest.hash(of: content[$0..<min($0 + Block.standardLength, end)])
    }
    return MerkleTree.PieceLeaves(piece: piece, leaves: leaves)
  }
}
