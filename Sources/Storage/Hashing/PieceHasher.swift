import Metainfo
import OpenSSL

/// The digests of a piece, of the versions that were asked for.
struct PieceDigests {
  /// SHA-1 of the piece's bytes, padding included (BEP 3).
  let sha1: SHA1Digest?
  /// The piece's node of its file's tree; the file's root where it fits in one piece (BEP 52).
  let root: SHA256Digest?
}

/// Hashes pieces, for v1 and v2 in one pass over the data. Belongs to one worker; what it needs is allocated once.
struct PieceHasher: ~Copyable {
  private var source: PieceSource
  private let version: TorrentVersion
  private var sha1 = SHA1Hasher()
  private var sha256 = SHA256Hasher()
  private var leaves: [SHA256Digest] = []

  init(_ files: ArtifactFiles, version: TorrentVersion, manner: ReadingManner = .eager) {
    self.version = version
    source = PieceSource(files, manner: manner)
    if version.hasV2 { leaves.reserveCapacity(files.layout.pieceLength / Block.standardLength) }
  }

  /// The digests of the piece's bytes, which is `range` of the torrent.
  mutating func hash(_ range: Range<Int64>) throws(FileFault) -> PieceDigests {
    let content = contentEnd(range)
    sha1.reset()
    leaves.removeAll(keepingCapacity: true)
    var offset = range.lowerBound
    while offset < range.upperBound {
      let end = min(range.upperBound, offset + Int64(PieceSource.chunkLength))
      let bytes = try source.read(offset..<end)
      if version.hasV1 { sha1.update(bytes) }
      if version.hasV2 { addLeaves(UnsafeRawBufferPointer(rebasing: bytes.prefix(max(0, Int(content - offset))))) }
      offset = end
    }
    return PieceDigests(sha1: version.hasV1 ? sha1.finishDigest() : nil, root: version.hasV2 ? root(range) : nil)
  }

  /// Where the bytes end that belong to the file which begins, or goes on, at the piece's beginning. What follows is padding.
  private func contentEnd(_ range: Range<Int64>) -> Int64 {
    guard let span = source.files.spans.index(at: range.lowerBound) else { return range.lowerBound }
    return min(range.upperBound, source.files.spans.spans[span].end)
  }

  private mutating func addLeaves(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + Block.standardLength)
      sha256.update(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
      leaves.append(sha256.finishDigest())
      offset = end
    }
  }

  private func root(_ range: Range<Int64>) -> SHA256Digest? {
    let (files, layout) = (source.files, source.files.layout)
    guard let span = files.spans.index(at: range.lowerBound) else { return nil }
    if files.spans.spans[span].end - files.spans.spans[span].begin <= Int64(layout.pieceLength) {
      return MerkleTree.root(leaves: leaves)
    }
    return MerkleTree.pieceRoot(leaves: leaves, pieceLength: layout.pieceLength)
  }
}
