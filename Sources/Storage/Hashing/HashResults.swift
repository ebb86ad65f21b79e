import Metainfo
import Synchronization

/// Gathers the digests of all pieces, and the first fault, from the workers.
final class HashResults: Sendable {
  private struct State {
    var sha1: [UInt8]
    var roots: [UInt8]
    var fault: StorageError?
  }

  private let state: Mutex<State>

  init(pieceCount: Int, version: TorrentVersion) {
    let sha1 = [UInt8](repeating: 0, count: version.hasV1 ? pieceCount * SHA1Digest.byteCount : 0)
    let roots = [UInt8](repeating: 0, count: version.hasV2 ? pieceCount * SHA256Digest.byteCount : 0)
    state = Mutex(State(sha1: sha1, roots: roots))
  }

  /// Keeps the digests of a run of pieces that begins at `first`.
  func store(_ digests: [PieceDigests], from first: Int) {
    state.withLock { state in
      for (index, digest) in digests.enumerated() {
        if let sha1 = digest.sha1 { Self.put(sha1.bytes, at: first + index, in: &state.sha1) }
        if let root = digest.root { Self.put(root.bytes, at: first + index, in: &state.roots) }
      }
    }
  }

  /// Keeps the fault, unless there is one already.
  func fail(_ error: StorageError) {
    state.withLock { $0.fault = $0.fault ?? error }
  }

  /// The digests, unless there was a fault.
  func get() throws(StorageError) -> (sha1: [UInt8], roots: [UInt8]) {
    let (sha1, roots, fault) = state.withLock { ($0.sha1, $0.roots, $0.fault) }
    if let fault { throw fault }
    return (sha1, roots)
  }

  private static func put(_ digest: [UInt8], at piece: Int, in bytes: inout [UInt8]) {
    let begin = piece * digest.count
    guard begin + digest.count <= bytes.count else { return }
    for (index, byte) in digest.enumerated() { bytes[begin + index] = byte }
  }
}
