import Metainfo
import Synchronization

// What an earlier run has left.
extension ArtifactWriter {
  /// What is there of an artifact when its fetch goes on.
  package struct Resumption: Sendable, Hashable {
    /// Recorded, and nothing speaks against it.
    package var held: Bitfield
    /// Written but not recorded, or of a file that somebody else may have changed: to be hashed. What is right is then `commit`ted.
    package var doubtful: Bitfield
    /// The artifact has got into its place, and the process ended before it could tidy up: it is verified there, and `discard` ends it.
    package var isInPlace: Bool
  }

  /// Looks at what an earlier run has left; nothing is hashed. Called once, before the first write.
  package func resume() -> Resumption {
    let layout = torrent.layout
    let none = Bitfield(count: layout.pieceCount)
    let record = readRecord()
    guard !isInPlace(record) else { return Resumption(held: none, doubtful: none, isInPlace: true) }
    var (content, written) = (none, Bitfield(count: layout.pieceCount, filled: true))
    var held = record?.held ?? none
    // One file after the other: there may be more than can be open at once.
    for file in layout.files.indices where plan.staged[file] != nil {
      let opened = existing(file)
      let isTrusted = record?.holds(for: file, now: opened?.identity) ?? false
      state.withLock { $0.identities[file] = opened?.identity }
      for piece in layout.pieces(ofFile: file) ?? 0...0 where layout.files[file].length > 0 {
        content[piece] = true
        if opened?.isWritten(range(of: piece, in: file)) != true { written[piece] = false }
        if !isTrusted { held[piece] = false }
      }
    }
    held = held.intersection(written)
    var doubtful = content.intersection(written)
    for piece in held.pieces { doubtful[piece] = false }
    state.withLock { $0.held = held }
    return Resumption(held: held, doubtful: doubtful, isInPlace: false)
  }

  /// The bytes of the file that belong to the piece.
  private func range(of piece: Int, in file: Int) -> Range<Int64> {
    let begin = torrent.layout.fileOffsets[file]
    let first = Int64(piece) * Int64(torrent.layout.pieceLength)
    let (from, to) = (max(first, begin), min(first + Int64(torrent.layout.pieceLength), begin + torrent.layout.files[file].length))
    return from - begin..<max(from, to) - begin
  }

  private func isInPlace(_ record: WritingRecord?) -> Bool {
    guard let record, record.held.intersection(plan.wanted) == plan.wanted, rootFolder.status(plan.name) != nil else { return false }
    guard let data = try? staging.folder(StagingPlan.data) else { return true }
    return data.status(plan.name) == nil
  }
}
