import Metainfo
import Synchronization

/// Gathers good pieces and problems from the workers.
final class VerifyResults: Sendable {
  private struct State {
    var pieces: Bitfield
    var problems: [Int: StorageError]
  }

  private let state: Mutex<State>

  init(pieceCount: Int, problems: [Int: StorageError]) {
    state = Mutex(State(pieces: Bitfield(count: pieceCount), problems: problems))
  }

  func pass(_ piece: Int) {
    state.withLock { $0.pieces[piece] = true }
  }

  /// Keeps the fault, unless the file has one already.
  func fail(_ fault: FileFault) {
    state.withLock { $0.problems[fault.file] = $0.problems[fault.file] ?? fault.error }
  }

  /// Looks at every file once more, and takes back the pieces of those that changed while they were read, and of those that are too long.
  func conclude(_ files: ArtifactFiles, wasCancelled: Bool) -> VerifiedArtifact {
    var (pieces, problems) = state.withLock { ($0.pieces, $0.problems) }
    var identities = files.identities
    for index in files.layout.files.indices where files.isContent(index) {
      if let change = files.change(index) {
        identities[index] = nil
        problems[index] = change
      } else if case .wrongSize(_, let expected, let found) = problems[index], found > expected {
        // Bytes were appended: it is not the torrent's file, whatever its beginning is. What is left of a short one can be served.
      } else {
        continue
      }
      guard let lost = files.layout.pieces(ofFile: index) else { continue }
      for piece in lost { pieces[piece] = false }
    }
    let sorted = problems.sorted { $0.key < $1.key }.map { VerifiedArtifact.Problem(file: $0.key, error: $0.value) }
    return VerifiedArtifact(
      pieces: pieces, identities: identities, paths: files.paths, problems: sorted, wasCancelled: wasCancelled,
      contentFiles: files.layout.files.indices.count(where: files.isContent))
  }
}
