import OpenSSL

extension MerkleTree {
  /// Whether the hashes of an answer lead to the root: `length` of them stand side by side in the layer at height `baseLayer` from `index` on,
  /// the others are the uncles on the way up, lowest first. The opposite of `hashes(baseLayer:…)` with proof layers up to the root.
  ///
  /// - Parameter height: the root's height.
  package static func leads(
    _ hashes: [SHA256Digest], baseLayer: Int, index: Int, length: Int, to root: SHA256Digest, height: Int
  ) -> Bool {
    guard length > 0, length.nonzeroBitCount == 1, length <= hashes.count, index >= 0, index.isMultiple(of: length), baseLayer >= 0 else {
      return false
    }
    let top = baseLayer + length.trailingZeroBitCount
    guard top <= height, hashes.count - length == height - top else { return false }
    var hasher = SHA256Hasher()
    var node = reduce(Array(hashes.prefix(length)), from: baseLayer, to: top, using: &hasher)
    var place = index >> length.trailingZeroBitCount
    for uncle in hashes.dropFirst(length) {
      let pair = place.isMultiple(of: 2) ? [node, uncle] : [uncle, node]
      node = parents(of: pair, padding: .zero, using: &hasher)[0]
      place >>= 1
    }
    return node == root && place == 0
  }
}
