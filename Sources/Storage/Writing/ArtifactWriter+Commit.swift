import Glibc
import Metainfo
import Synchronization

// What is held, and remembered.
extension ArtifactWriter {
  /// Forces the pieces' bytes to disk, then records the pieces. Once it has returned they are held, whatever happens to process or machine.
  package func commit(_ pieces: some Sequence<Int>) throws(StorageError) {
    let pieces = Array(pieces)
    try synchronize(files(of: pieces))
    let held = state.withLock { state in
      for piece in pieces { state.held[piece] = true }
      return state.held
    }
    do throws(StorageError) {
      try record(held, isClosed: false)
    } catch {
      state.withLock { state in for piece in pieces { state.held[piece] = false } }
      throw error
    }
  }

  /// A piece that was held is wrong: it is to be fetched again.
  package func drop(_ piece: Int) throws(StorageError) {
    let held = state.withLock { state in
      state.held[piece] = false
      return state.held
    }
    try record(held, isClosed: false)
  }

  /// Stops before the artifact is whole: all is forced to disk and recorded, so that nothing is in doubt when it goes on. Writes after
  /// this are not forbidden, but put what they write in doubt.
  package func close() throws(StorageError) {
    try synchronize(Set(state.withLock { $0.dirty.keys }))
    try record(held, isClosed: true)
  }

  /// The files that hold bytes of the pieces.
  private func files(of pieces: [Int]) -> Set<Int> {
    var files: Set<Int> = []
    for piece in pieces {
      guard let range = spans.range(ofPiece: piece), var index = spans.index(at: range.lowerBound) else { continue }
      while index < spans.spans.count, spans.spans[index].begin < range.upperBound {
        if !spans.spans[index].isPadding { files.insert(spans.spans[index].file) }
        index += 1
      }
    }
    return files
  }

  /// Forces files and the names of new ones to disk.
  func synchronize(_ files: Set<Int>) throws(StorageError) {
    let dirty = state.withLock { state in files.compactMap { file in state.dirty[file].map { (file, $0) } } }
    for (file, opened) in dirty {
      state.withLock { _ = $0.dirty.removeValue(forKey: file) }
      do throws(StorageError) {
        try opened.synchronize(calls)
      } catch {
        state.withLock { $0.dirty[file] = $0.dirty[file] ?? opened }
        throw error
      }
    }
    try synchronizeFolders()
  }

  private func synchronizeFolders() throws(StorageError) {
    let folders = state.withLock { state in
      defer { state.changedFolders = [] }
      return state.changedFolders
    }
    do throws(StorageError) {
      for path in folders { try folder(path).synchronize() }
    } catch {
      state.withLock { $0.changedFolders.formUnion(folders) }
      throw error
    }
  }

  /// Writes the record beside the data: the old one or the new one is there, whenever the process or the machine ends.
  private func record(_ held: Bitfield, isClosed: Bool) throws(StorageError) {
    let touched = state.withLock { state in
      defer { state.touched = [] }
      return state.touched
    }
    let fresh = touched.map { ($0, existing($0)?.identity) }
    let identities = state.withLock { state in
      for (file, identity) in fresh { state.identities[file] = identity }
      return state.identities
    }
    let bytes = WritingRecord(held: held, files: identities, isClosed: isClosed).encoded(for: torrent.infoHash)
    let name = StagingPlan.record + ".new"
    try staging.removeFile(name)
    let file = WritableFile(descriptor: try staging.openFile(name, makes: true).descriptor, display: staging.path(name))
    let result = bytes.withUnsafeBytes { bytes in Result { () throws(StorageError) in try file.write(bytes, at: 0, calls) } }
    try result.get()
    try file.synchronize(calls)
    guard renameat(staging.descriptor, name, staging.descriptor, StagingPlan.record) == 0 else {
      throw .failed(path: staging.path(StagingPlan.record), operation: "rename into place", offset: nil, errno: errno)
    }
    try staging.synchronize()
  }

  func readRecord() -> WritingRecord? {
    guard let (descriptor, _) = try? staging.openFile(StagingPlan.record, makes: false) else { return nil }
    let file = WritableFile(descriptor: descriptor, display: staging.path(StagingPlan.record))
    guard let size = file.identity?.size, size <= 80_000_000 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    guard bytes.withUnsafeMutableBytes({ pread(file.descriptor, $0.baseAddress, $0.count, 0) }) == bytes.count else { return nil }
    return WritingRecord(bytes, infoHash: torrent.infoHash, layout: torrent.layout)
  }
}
