import Metainfo

/// Hashes what was scanned, on several threads.
package enum ArtifactHasher {
  /// `hash(blueprint:…)` without a blueprint.
  static func hash(
    layout: PieceLayout, version: TorrentVersion, scan: ScannedArtifact, threads: Int,
    _ progress: @escaping @Sendable (HashProgress) -> Void = { _ in }, _ isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StorageError) -> HashedArtifact {
    let files = try ScanMatch.files(of: layout, in: scan)
    let results = HashResults(pieceCount: layout.pieceCount, version: version)
    let queue = PieceQueue(pieceCount: layout.pieceCount, pieceLength: layout.pieceLength, threads: threads)
    let meter = ProgressMeter(layout, progress)
    WorkerThreads.run(count: threads) { work(files, version, queue, results, meter, isCancelled) }
    let (sha1, roots) = try results.get()
    let changes = layout.files.indices.filter(files.isContent).compactMap(files.change)
    if let error = StorageError.gathering(changes) { throw error }
    return HashedArtifact(
      pieceHashes: sha1, pieceLayers: version.hasV2 ? layers(layout, roots) : [:], identities: files.identities, paths: files.paths)
  }

  private static func work(
    _ files: ArtifactFiles, _ version: TorrentVersion, _ queue: PieceQueue, _ results: HashResults, _ meter: ProgressMeter,
    _ isCancelled: @Sendable () -> Bool
  ) {
    var hasher = PieceHasher(files, version: version)
    var digests: [PieceDigests] = []
    do throws(StorageError) {
      while let run = queue.take() {
        digests.removeAll(keepingCapacity: true)
        for piece in run {
          if isCancelled() { throw .cancelled }
          digests.append(try hash(piece, files, &hasher, meter))
        }
        results.store(digests, from: run.lowerBound)
      }
    } catch {
      results.fail(error)
      queue.stop()
    }
  }

  private static func hash(
    _ piece: Int, _ files: ArtifactFiles, _ hasher: inout PieceHasher, _ meter: ProgressMeter
  ) throws(StorageError) -> PieceDigests {
    guard let range = files.spans.range(ofPiece: piece) else { return PieceDigests(sha1: nil, root: nil) }
    do throws(FileFault) {
      let digests = try hasher.hash(range)
      meter.add(range.upperBound - range.lowerBound)
      return digests
    } catch {
      throw error.error
    }
  }

  private static func layers(_ layout: PieceLayout, _ roots: [UInt8]) -> [Int: [UInt8]] {
    var layers: [Int: [UInt8]] = [:]
    for index in layout.files.indices where !layout.files[index].isPadding {
      guard let pieces = layout.pieces(ofFile: index) else { continue }
      layers[index] = Array(roots[pieces.lowerBound * SHA256Digest.byteCount..<(pieces.upperBound + 1) * SHA256Digest.byteCount])
    }
    return layers
  }
}
