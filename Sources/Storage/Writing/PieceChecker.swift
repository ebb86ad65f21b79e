import Metainfo
import OpenSSL

/// Hashes pieces of an artifact that is being fetched, as they are on disk. Belongs to one thread; what it needs is allocated once.
package struct PieceChecker: ~Copyable {
  private let files: ArtifactFiles
  private let expected: ExpectedDigests
  private var hasher: PieceHasher

  init(_ writer: ArtifactWriter) {
    files = ArtifactFiles(layout: writer.torrent.layout, root: writer.root, paths: writer.plan.stagedPaths, identities: [])
    expected = ExpectedDigests(writer.torrent)
    hasher = PieceHasher(files, version: expected.version)
  }

  /// Whether the piece is what the torrent says, in each version that it has.
  package mutating func isRight(_ piece: Int) throws(StorageError) -> Bool {
    guard let range = files.spans.range(ofPiece: piece) else { return false }
    do throws(FileFault) {
      return expected.match(try hasher.hash(range), piece: piece)
    } catch {
      throw error.error
    }
  }

  /// SHA-256 of each of the piece's blocks of 16 KiB: to compare one try of a piece with another, and where the torrent has trees with their
  /// leaves. There the padding after a file's end is left out, and blocks of nothing else are.
  package func blockDigests(_ piece: Int) throws(StorageError) -> [SHA256Digest] {
    guard let range = files.spans.range(ofPiece: piece), let first = files.spans.index(at: range.lowerBound) else { return [] }
    let end = expected.version.hasV2 ? min(range.upperBound, files.spans.spans[first].end) : range.upperBound
    var source = PieceSource(files)
    var digests: [SHA256Digest] = []
    var sha256 = SHA256Hasher()
    for offset in stride(from: range.lowerBound, to: end, by: Block.standardLength) {
      do throws(FileFault) {
        sha256.update(try source.read(offset..<min(end, offset + Int64(Block.standardLength))))
      } catch {
        throw error.error
      }
      digests.append(sha256.finishDigest())
    }
    return digests
  }
}

extension ArtifactWriter {
  /// What hashes pieces on one thread.
  package func checker() -> PieceChecker { PieceChecker(self) }
}
