import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Storage
import Synchronization

/// Answers hash requests (BEP 52) from piece layers, and from the data where block hashes are asked for. Costs hashing and reading: off the loop.
final class HashAnswers: Sendable {
  private let torrent: Torrent
  private let fileByRoot: [SHA256Digest: Int]
  private let sharedFileByRoot: [SHA256Digest: Int]
  private let trees = Mutex<[SHA256Digest: MerkleTree]>([:])
  private static let treesKept = 16

  /// - Parameter layout: the one that peers and policy see.
  init(_ torrent: Torrent, _ layout: PieceLayout) {
    self.torrent = torrent
    fileByRoot = Self.files(of: torrent.layout)
    sharedFileByRoot = Self.files(of: layout)
  }

  /// The file that the root names, by its index in the layout that peers and policy see; nil where it is none of this torrent's.
  func file(of request: HashRequest) -> Int? { sharedFileByRoot[request.piecesRoot] }

  /// What an answer costs us, in bytes read and hashed or the like: a piece where blocks are asked for, and in any case as much as four blocks,
  /// so that cheap answers are no flood either.
  func cost(of request: HashRequest) -> Int {
    let pieceLength = torrent.layout.pieceLength
    let isOfBlocks = request.baseLayer < 64 && (Block.standardLength << Int(min(request.baseLayer, 40))) < pieceLength
    return 4 * Block.standardLength + (isOfBlocks ? pieceLength : 0)
  }

  private static func files(of layout: PieceLayout) -> [SHA256Digest: Int] {
    Dictionary(layout.files.enumerated().compactMap { index, file in file.piecesRoot.map { ($0, index) } }) { first, _ in first }
  }

  /// The hashes asked for; nil where they cannot be given.
  /// - Throws: what the disk says; the artifact cannot be served as it is.
  func hashes(for request: HashRequest, _ reader: ArtifactReader, have: Bitfield) throws(StorageError) -> [SHA256Digest]? {
    guard let file = fileByRoot[request.piecesRoot], request.refusal(fileLength: torrent.layout.files[file].length) == nil,
      let tree = tree(of: request.piecesRoot, file)
    else { return nil }
    let leaves = Int(request.baseLayer) < tree.pieceHeight ? try leaves(for: request, tree, file, reader, have) : nil
    return tree.hashes(
      baseLayer: Int(request.baseLayer), index: Int(request.index), length: Int(request.length), proofLayers: Int(request.proofLayers),
      leaves: leaves)
  }

  private func tree(of root: SHA256Digest, _ file: Int) -> MerkleTree? {
    if let known = trees.withLock({ $0[root] }) { return known }
    let layout = torrent.layout
    // A file of one piece has no layer in the torrent: its root is the layer.
    let layer = torrent.pieceLayers[root] ?? root.bytes
    guard let tree = MerkleTree(pieceLayer: layer, fileLength: layout.files[file].length, pieceLength: layout.pieceLength) else {
      return nil
    }
    trees.withLock { trees in
      if trees.count >= Self.treesKept { trees.removeAll() }
      trees[root] = tree
    }
    return tree
  }

  private func leaves(
    for request: HashRequest, _ tree: MerkleTree, _ file: Int, _ reader: ArtifactReader, _ have: Bitfield
  ) throws(StorageError) -> MerkleTree.PieceLeaves? {
    let pieceInFile = (Int(request.index) << Int(request.baseLayer)) >> tree.pieceHeight
    guard let first = torrent.layout.pieces(ofFile: file)?.lowerBound, have[first + pieceInFile],
      let leaves = try hashBlocks(ofPiece: first + pieceInFile, file, reader)
    else { return nil }
    return MerkleTree.PieceLeaves(piece: pieceInFile, leaves: leaves)
  }

  /// SHA-256 of each block of the piece, as far as the file reaches.
  private func hashBlocks(ofPiece piece: Int, _ file: Int, _ reader: ArtifactReader) throws(StorageError) -> [SHA256Digest]? {
    let layout = torrent.layout
    guard let length = layout.length(ofPiece: piece), let index = UInt32(exactly: piece) else { return nil }
    let end = layout.fileOffsets[file] + layout.files[file].length - Int64(piece) * Int64(layout.pieceLength)
    var digests: [SHA256Digest] = []
    var buffer = ByteBuffer()
    for offset in stride(from: 0, to: Int(min(Int64(length), end)), by: Block.standardLength) {
      let size = min(Block.standardLength, Int(min(Int64(length), end)) - offset)
      let block = Block(piece: index, offset: UInt32(offset), length: UInt32(size))
      buffer.clear()
      switch reader.append([block], to: &buffer, prefixLength: 0, writePrefix: { _, _ in }, waiting: true) {
      case .complete: break
      case .wouldBlock: return nil
      case .failed(_, let error): throw error
      }
      digests.append(SHA256Digest.hash(of: Array(buffer.readableBytesView)))
    }
    return digests
  }
}
