import Metainfo
import Synchronization

/// Compares the files on disk with a torrent's hashes, on several threads.
package enum ArtifactVerifier {
  /// Hashes what is there and says which pieces are right: by SHA-1 for v1, by merkle roots for v2, by both for hybrid torrents.
  /// Blocks until all is done, with `threads` threads at work, the caller's among them.
  ///
  /// - Parameters:
  ///   - root: the folder that holds the artifact.
  ///   - paths: by file index, where each file lies below the root; nil for where the torrent's own names put it.
  ///   - manner: how the data is read.
  ///   - progress: called from any of the threads, one call at a time; it is to be quick.
  ///   - isCancelled: asked before each piece.
  package static func verify(
    torrent: Torrent, root: String, paths: [[String]]? = nil, threads: Int, manner: ReadingManner = .eager,
    progress: @escaping @Sendable (HashProgress) -> Void = { _ in }, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) -> VerifiedArtifact {
    let layout = torrent.layout
    let paths = paths ?? layout.files.indices.map { layout.files[$0].isPadding ? [] : torrent.relativePath(ofFile: $0) ?? [] }
    let survey = FileSurvey(layout: layout, root: root, paths: paths)
    let results = VerifyResults(pieceCount: layout.pieceCount, problems: survey.problems)
    let queue = PieceQueue(pieceCount: layout.pieceCount, pieceLength: layout.pieceLength, threads: threads)
    let meter = ProgressMeter(layout, progress)
    let expected = ExpectedDigests(torrent)
    WorkerThreads.run(count: threads) { work(survey.files, expected, queue, results, meter, manner, isCancelled) }
    return results.conclude(survey.files, wasCancelled: queue.isStopped)
  }

  private static func work(
    _ files: ArtifactFiles, _ expected: ExpectedDigests, _ queue: PieceQueue, _ results: VerifyResults, _ meter: ProgressMeter,
    _ manner: ReadingManner, _ isCancelled: @Sendable () -> Bool
  ) {
    var hasher = PieceHasher(files, version: expected.version, manner: manner)
    while let run = queue.take() {
      for piece in run {
        if isCancelled() { return queue.stop() }
        guard let range = files.spans.range(ofPiece: piece) else { continue }
        do throws(FileFault) {
          if expected.match(try hasher.hash(range), piece: piece) { results.pass(piece) }
        } catch {
          results.fail(error)
        }
        meter.add(range.upperBound - range.lowerBound)
      }
    }
  }
}
