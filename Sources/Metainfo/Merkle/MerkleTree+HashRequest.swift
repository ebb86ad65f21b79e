import OpenSSL

extension MerkleTree {
  /// The most hashes of the base layer that one request may ask for: the blocks of a piece of 128 MiB, as in libtorrent.
  package static let maximumRequestLength = 8192

  /// The block hashes of one piece, from which hashes below the piece layer are answered.
  package struct PieceLeaves: Sendable {
    /// The piece's index within its file.
    package let piece: Int
    /// SHA-256 of each block of the piece that the file has.
    package let leaves: [SHA256Digest]

    package init(piece: Int, leaves: [SHA256Digest]) {
      (self.piece, self.leaves) = (piece, leaves)
    }
  }

  /// The answer to a `hash request` (BEP 52): `length` hashes of the layer at height `baseLayer` from `index` on, padding included,
  /// then the uncle of each proof layer that they do not imply, lowest first. Nil where the request is out of bounds, or needs
  /// hashes below the piece layer that `leaves` does not have: it is to be rejected.
  ///
  /// BEP 52 asks for at least two hashes; libtorrent asks for one where one piece is left after a multiple of 512. That one's
  /// proof begins with its own sibling.
  package func hashes(
    baseLayer: Int, index: Int, length: Int, proofLayers: Int, leaves: PieceLeaves? = nil
  ) -> [SHA256Digest]? {
    guard isAnswerable(baseLayer: baseLayer, index: index, length: length, proofLayers: proofLayers) else { return nil }
    let below = leaves.flatMap { PieceTree(self, leaves: $0) }
    var hashes: [SHA256Digest] = []
    for index in index..<index + length {
      guard let hash = below?.node(height: baseLayer, index: index) ?? node(height: baseLayer, index: index) else { return nil }
      hashes.append(hash)
    }
    let implied = Self.height(coveringCount: length)
    for layer in implied..<max(implied, proofLayers + 1) {
      let (height, uncle) = (baseLayer + layer, (index >> layer) ^ 1)
      guard let hash = below?.node(height: height, index: uncle) ?? node(height: height, index: uncle) else { return nil }
      hashes.append(hash)
    }
    return hashes
  }

  /// How many hashes answer a request of this shape: its own and the uncles that they do not imply. For reading a `hashes` message.
  package static func hashCount(length: Int, proofLayers: Int) -> Int {
    length + max(0, proofLayers + 1 - height(coveringCount: length))
  }

  private func isAnswerable(baseLayer: Int, index: Int, length: Int, proofLayers: Int) -> Bool {
    guard baseLayer >= 0, baseLayer < height, length > 0, length <= Self.maximumRequestLength, length.nonzeroBitCount == 1 else {
      return false
    }
    let width = 1 << (height - baseLayer)
    return index >= 0 && index.isMultiple(of: length) && index < width && length <= width - index
      && proofLayers >= 0 && proofLayers < height - baseLayer
  }

  /// The layers of one piece below the piece layer.
  private struct PieceTree {
    let first: Int
    let pieceHeight: Int
    let layers: [[SHA256Digest]]

    /// Nil where the leaves are not those of the piece.
    init?(_ tree: MerkleTree, leaves: PieceLeaves) {
      (first, pieceHeight) = (leaves.piece, tree.pieceHeight)
      guard !leaves.leaves.isEmpty, leaves.leaves.count <= 1 << pieceHeight else { return nil }
      var hasher = SHA256Hasher()
      var layers = [leaves.leaves]
      for height in 0..<pieceHeight {
        layers.append(parents(of: layers[height], padding: padding(height: height), using: &hasher))
      }
      guard let root = layers.last?.first, root == tree.node(height: pieceHeight, index: first) else { return nil }
      self.layers = layers
    }

    func node(height: Int, index: Int) -> SHA256Digest? {
      guard height < pieceHeight else { return nil }
      let shift = pieceHeight - height
      guard index >> shift == first else { return nil }
      let within = index - (first << shift)
      return within < layers[height].count ? layers[height][within] : padding(height: height)
    }
  }
}
