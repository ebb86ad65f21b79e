import Metainfo
import PeerProtocol

/// Fetches the piece layers of a v2 torrent whose metadata came from a magnet link, which does not have them (BEP 52).
///
/// A value fed with answers and a clock, behind a `Mutex` that the magnet's connections share; each that speaks v2 asks `request` when it is idle,
/// hands in what comes, and calls `leave` when it ends. Each answer proves itself up to the file's root, so that a wrong one has one author.
/// Files that fit in one piece have no layer. Until `layers` is there no piece can be verified.
package struct LayerAssembler: Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// What came of an answer.
  package enum Progress: Sendable, Hashable {
    /// It is one of several, or was not asked for.
    case more
    /// Every layer is there: `layers`.
    case complete
    /// The hashes do not lead to the file's root: their sender is to be refused.
    case wrong
  }

  private struct Chunk: Sendable {
    let request: HashRequest
    /// The root's height.
    let height: Int
    /// How many of the hashes are of pieces of the file; the others are padding.
    let pieces: Int
    var hashes: [UInt8]?
    var asked: (peer: PeerNumber, since: Instant)?
    var unwilling: Set<PeerNumber> = []
  }

  /// Hashes of one request, as BEP 52 recommends.
  private static let chunkLength = 512
  private static let requestsAtOnce = 4
  private static let patience = Duration.seconds(15)

  private var chunks: [Chunk] = []
  private var lacking: Int

  package init(_ layout: PieceLayout) {
    var roots: Set<SHA256Digest> = []
    for file in layout.files where file.length > Int64(layout.pieceLength) && !file.isPadding {
      if let root = file.piecesRoot, roots.insert(root).inserted { chunks += Self.chunks(root, file.length, layout.pieceLength) }
    }
    lacking = chunks.count
  }

  /// Whether nothing is lacking; from the start where no file has a layer.
  package var isComplete: Bool { lacking == 0 }

  /// By root, as a torrent file has them; nil before all are there.
  package var layers: [SHA256Digest: [UInt8]]? {
    guard isComplete else { return nil }
    return chunks.reduce(into: [:]) { layers, chunk in layers[chunk.request.piecesRoot, default: []] += chunk.hashes ?? [] }
  }

  /// What to ask this peer for now; it counts as asked.
  package mutating func request(for number: PeerNumber, now: Instant) -> HashRequest? {
    tick(now)
    guard chunks.count(where: { $0.asked?.peer == number }) < Self.requestsAtOnce,
      let index = chunks.firstIndex(where: { $0.hashes == nil && $0.asked == nil && !$0.unwilling.contains(number) })
    else { return nil }
    chunks[index].asked = (number, now)
    return chunks[index].request
  }

  /// An answer, whose length the session has checked.
  package mutating func received(_ request: HashRequest, _ bytes: some Collection<UInt8>, from number: PeerNumber) -> Progress {
    guard let index = index(of: request, number) else { return .more }
    chunks[index].asked = nil
    let (chunk, size) = (chunks[index], SHA256Digest.byteCount)
    let all = Array(bytes)
    let hashes = stride(from: 0, to: all.count, by: size).compactMap { SHA256Digest(all[$0..<min($0 + size, all.count)]) }
    guard
      MerkleTree.leads(
        hashes, baseLayer: Int(request.baseLayer), index: Int(request.index), length: Int(request.length), to: request.piecesRoot,
        height: chunk.height)
    else {
      chunks[index].unwilling.insert(number)
      return .wrong
    }
    chunks[index].hashes = Array(all.prefix(chunk.pieces * size))
    lacking -= 1
    return isComplete ? .complete : .more
  }

  package mutating func rejected(_ request: HashRequest, from number: PeerNumber) {
    guard let index = index(of: request, number) else { return }
    giveUp(index)
  }

  /// A connection is gone.
  package mutating func leave(_ number: PeerNumber) {
    for index in chunks.indices {
      chunks[index].unwilling.remove(number)
      if chunks[index].asked?.peer == number { chunks[index].asked = nil }
    }
  }

  /// Those that do not answer are asked no more for what they were asked for, and others are.
  package mutating func tick(_ now: Instant) {
    for index in chunks.indices {
      if let asked = chunks[index].asked, now - asked.since >= Self.patience { giveUp(index) }
    }
  }

  private mutating func giveUp(_ index: Int) {
    if let peer = chunks[index].asked?.peer { chunks[index].unwilling.insert(peer) }
    chunks[index].asked = nil
  }

  private func index(of request: HashRequest, _ number: PeerNumber) -> Int? {
    chunks.firstIndex { $0.request == request && $0.asked?.peer == number }
  }

  private static func chunks(_ root: SHA256Digest, _ fileLength: Int64, _ pieceLength: Int) -> [Chunk] {
    let height = Int(HashRequest.height(fileLength: fileLength))
    let base = (pieceLength / Block.standardLength).trailingZeroBitCount
    guard base < height else { return [] }
    let pieces = Int((fileLength - 1) / Int64(pieceLength)) + 1
    let length = min(chunkLength, 1 << (height - base))
    return stride(from: 0, to: pieces, by: length).map { first in
      let request = HashRequest(
        piecesRoot: root, baseLayer: UInt32(base), index: UInt32(first), length: UInt32(length), proofLayers: UInt32(height - base - 1))
      return Chunk(request: request, height: height, pieces: min(length, pieces - first))
    }
  }
}
