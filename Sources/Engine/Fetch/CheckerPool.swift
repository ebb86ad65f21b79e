import Metainfo
import Storage
import Synchronization

/// What hashes the pieces of one fetch: as many checkers as were ever needed at a time, each with buffers of its own.
final class CheckerPool: Sendable {
  /// A checker belongs to whoever has taken its box.
  private final class Box: Sendable {
    let checker: Mutex<PieceChecker>

    init(_ writer: ArtifactWriter) { checker = Mutex(writer.checker()) }
  }

  private let writer: ArtifactWriter
  private let free = Mutex<[Box]>([])

  init(_ writer: ArtifactWriter) { self.writer = writer }

  /// Whether the piece is right as it lies on disk.
  func isRight(_ piece: Int) throws(StorageError) -> Bool {
    let box = take()
    defer { free.withLock { $0.append(box) } }
    let result = box.checker.withLock { checker in Result { () throws(StorageError) in try checker.isRight(piece) } }
    return try result.get()
  }

  /// SHA-256 of each of its blocks; none where it cannot be read.
  func digests(_ piece: Int) -> [SHA256Digest] {
    let box = take()
    defer { free.withLock { $0.append(box) } }
    return box.checker.withLock { checker in (try? checker.blockDigests(piece)) ?? [] }
  }

  private func take() -> Box { free.withLock { $0.popLast() } ?? Box(writer) }
}
