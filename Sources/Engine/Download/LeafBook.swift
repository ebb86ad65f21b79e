import Metainfo
import PeerProtocol

/// The hashes of a piece's blocks (BEP 52), asked of peers for pieces that failed, or ahead, and kept while the piece is in progress.
///
/// An answer proves itself: a whole piece's leaves must lead to the piece's hash, or to the root of a file that fits in one piece. So no uncle
/// hashes are asked for, and each answer is right or its sender lies.
struct LeafBook: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// What came of an answer.
  enum Outcome: Sendable, Hashable {
    /// The leaves are known by now.
    case proven(piece: Int)
    case lie(piece: Int)
    /// Nothing of ours, or given up.
    case unasked
  }

  private struct Piece: Sendable {
    let request: HashRequest
    let blocks: Int
    let expected: SHA256Digest
    var leaves: [SHA256Digest]?
    var asked: (peer: PeerNumber, since: Instant)?
    /// Those that did not answer.
    var unwilling: Set<PeerNumber> = []
  }

  /// A peer that was asked has so long.
  static let patience = Duration.seconds(15)
  /// Pieces whose leaves are wanted or kept at a time.
  static let most = 64

  private let layout: PieceLayout
  private let pieceLayers: [SHA256Digest: [UInt8]]
  private var pieces: [Int: Piece] = [:]
  private var order: [Int] = []

  init(layout: PieceLayout, pieceLayers: [SHA256Digest: [UInt8]]) {
    (self.layout, self.pieceLayers) = (layout, pieceLayers)
  }

  // MARK: What is known

  /// The hashes of the piece's blocks, where they are known. The last block's is of its bytes, padding left out.
  func leaves(of piece: Int) -> [SHA256Digest]? { pieces[piece]?.leaves }

  /// The piece is wanted no more, or is there.
  mutating func forget(_ piece: Int) {
    pieces[piece] = nil
    order.removeAll { $0 == piece }
  }

  /// Leaves of this piece are to be asked for; the pieces wanted longest are forgotten for those that are too many. Harmless where there can
  /// be none. A piece of one block is its own leaf and needs no asking.
  mutating func want(_ piece: Int) {
    guard pieces[piece] == nil, let wanted = describe(piece) else { return }
    pieces[piece] = wanted
    order.append(piece)
    while order.count > Self.most, let oldest = order.first { forget(oldest) }
  }

  // MARK: Asking

  /// A request that this peer, which speaks v2, is to be sent; it is asked from then on. A peer that has the piece is asked, since it needs the
  /// data for its answer.
  mutating func request(for number: PeerNumber, now: Instant, hasPiece: (Int) -> Bool) -> HashRequest? {
    for piece in order {
      guard let entry = pieces[piece], entry.leaves == nil, entry.asked == nil, !entry.unwilling.contains(number), hasPiece(piece),
        // Two files of the same content have the same hashes, and one question has one answer.
        self.piece(of: entry.request, askedOf: number) == nil
      else { continue }
      pieces[piece]?.asked = (number, now)
      return entry.request
    }
    return nil
  }

  /// An answer, whose length the session has checked.
  mutating func received(_ request: HashRequest, _ bytes: some Collection<UInt8>, from number: PeerNumber) -> Outcome {
    guard let piece = piece(of: request, askedOf: number), let entry = pieces[piece], entry.leaves == nil else { return .unasked }
    pieces[piece]?.asked = nil
    guard let leaves = Self.leaves(in: bytes, entry), root(leaves, entry) == entry.expected else {
      pieces[piece]?.unwilling.insert(number)
      return .lie(piece: piece)
    }
    pieces[piece]?.leaves = leaves
    return .proven(piece: piece)
  }

  mutating func rejected(_ request: HashRequest, from number: PeerNumber) {
    guard let piece = piece(of: request, askedOf: number) else { return }
    pieces[piece]?.asked = nil
    pieces[piece]?.unwilling.insert(number)
  }

  /// A peer is gone.
  mutating func leave(_ number: PeerNumber) {
    for piece in order {
      pieces[piece]?.unwilling.remove(number)
      if pieces[piece]?.asked?.peer == number { pieces[piece]?.asked = nil }
    }
  }

  /// Those that do not answer are asked no more, and others are.
  mutating func tick(_ now: Instant) {
    for piece in order {
      guard let asked = pieces[piece]?.asked, now - asked.since >= Self.patience else { continue }
      pieces[piece]?.asked = nil
      pieces[piece]?.unwilling.insert(asked.peer)
    }
  }

  // MARK: The tree

  private func piece(of request: HashRequest, askedOf number: PeerNumber) -> Int? {
    order.first { pieces[$0]?.request == request && pieces[$0]?.asked?.peer == number }
  }

  /// Nil where the torrent has no tree for the piece, or its leaves are more than one request may ask for.
  private func describe(_ piece: Int) -> Piece? {
    guard let length = layout.length(ofPiece: piece), length > 0 else { return nil }
    let begin = Int64(piece) * Int64(layout.pieceLength)
    guard let file = layout.files(in: begin..<begin + Int64(length)).first, let root = layout.files[file].piecesRoot,
      let first = layout.pieces(ofFile: file)?.lowerBound
    else { return nil }
    let fileLength = layout.files[file].length
    let content = Int(min(Int64(length), layout.fileOffsets[file] + fileLength - begin))
    let blocks = (content - 1) / Block.standardLength + 1
    let isWhole = fileLength <= Int64(layout.pieceLength)
    let width = isWhole ? Self.powerOfTwo(atLeast: blocks) : layout.pieceLength / Block.standardLength
    guard width <= Int(HashRequest.maximumLength), let expected = isWhole ? root : pieceHash(root, piece - first) else { return nil }
    let request = HashRequest(
      piecesRoot: root, baseLayer: 0, index: UInt32(truncatingIfNeeded: isWhole ? 0 : (piece - first) * width),
      length: UInt32(truncatingIfNeeded: width), proofLayers: 0)
    return Piece(request: request, blocks: blocks, expected: expected, leaves: width == 1 ? [expected] : nil)
  }

  private func pieceHash(_ root: SHA256Digest, _ index: Int) -> SHA256Digest? {
    let size = SHA256Digest.byteCount
    guard let layer = pieceLayers[root], index >= 0, (index + 1) * size <= layer.count else { return nil }
    return SHA256Digest(layer[index * size..<(index + 1) * size])
  }

  /// The leaves of the blocks that there are; nil where what follows is not padding.
  private static func leaves(in bytes: some Collection<UInt8>, _ entry: Piece) -> [SHA256Digest]? {
    let (size, bytes) = (SHA256Digest.byteCount, Array(bytes))
    guard bytes.count == Int(entry.request.length) * size else { return nil }
    let leaves = stride(from: 0, to: bytes.count, by: size).compactMap { SHA256Digest(bytes[$0..<$0 + size]) }
    guard leaves.dropFirst(entry.blocks).allSatisfy({ $0 == .zero }) else { return nil }
    return Array(leaves.prefix(entry.blocks))
  }

  private func root(_ leaves: [SHA256Digest], _ entry: Piece) -> SHA256Digest? {
    // A file that fits in one piece has a tree of its own width, and its request says so.
    entry.request.piecesRoot == entry.expected
      ? MerkleTree.root(leaves: leaves) : MerkleTree.pieceRoot(leaves: leaves, pieceLength: layout.pieceLength)
  }

  private static func powerOfTwo(atLeast count: Int) -> Int {
    count <= 1 ? 1 : 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
  }
}
