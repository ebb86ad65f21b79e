import Glibc
import Metainfo
import NIOCore
import Synchronization

/// Puts an artifact on disk block by block, and into its place when it is whole.
///
/// Until then everything lies in a folder of its own below the root, hidden and closed to others, locked against a second process; nothing is
/// ever written, followed or removed outside of it. May be used from any number of threads at once; every call may wait for a disk, so none is
/// made on an event loop. One that fetches an artifact
/// 1. makes the writer, which takes the lock, and calls `resume`: what is held is told to the `PiecePicker`, what is in doubt is hashed
///    by `checker` and `commit`ted where it is right;
/// 2. calls `reserve`, where space is set aside beforehand;
/// 3. calls `write` for each block that the picker has accepted; a block that could not be written goes back by `PiecePicker.lose`;
/// 4. has each whole piece hashed by a `checker` (one for each thread), and calls `commit` with those that are right, many at a time where they
///    come fast: only what `commit` has returned for is held, announced, served, and remembered over a kill;
/// 5. calls `finish` when all that is wanted is held, `close` when it stops before that, or `discard`.
///
/// An error with a `trouble` (disk full, read-only, …) leaves everything as it was: the same call is made again later. After `commit` has failed
/// the pieces are not held, and what was written since the last one may be lost (Linux forgets dirty pages that it could not write): they are
/// hashed again from the disk, or fetched again.
package final class ArtifactWriter: Sendable {
  struct State {
    var held: Bitfield
    var open: LeastRecentlyUsed<Int, WritableFile>
    /// Files that were written to since they were forced to disk: held open until then, so that an error is not forgotten.
    var dirty: [Int: WritableFile] = [:]
    /// By file index: what each file was when it was last looked at.
    var identities: [FileIdentity?]
    /// Files that were made or written to since.
    var touched: Set<Int> = []
    /// Folders with new names in them that are not on disk yet, by their path below the staging folder.
    var changedFolders: Set<[String]> = []
  }

  package let torrent: Torrent
  /// The folder that the artifact comes to lie in.
  package let root: String
  package let settings: WriterSettings
  let plan: StagingPlan
  let calls: WritingCalls
  let spans: FileSpans
  let rootFolder: FolderHandle
  let staging: FolderHandle
  let state: Mutex<State>

  /// Opens, or makes, the staging folder.
  ///
  /// - Parameters:
  ///   - root: the operator's folder, which must be there.
  ///   - files: which are wanted, by index in the layout; nil: all. The same in each run, or what lies elsewhere now is fetched again.
  /// - Throws: what keeps the folder from being made or locked; `EWOULDBLOCK` where another process has it.
  package convenience init(
    torrent: Torrent, root: String, files: Set<Int>? = nil, settings: WriterSettings = WriterSettings()
  ) throws(StorageError) {
    try self.init(torrent: torrent, root: root, files: files, settings: settings, calls: WritingCalls())
  }

  init(torrent: Torrent, root: String, files: Set<Int>?, settings: WriterSettings, calls: WritingCalls) throws(StorageError) {
    (self.torrent, self.root, self.settings, self.calls) = (torrent, root, settings, calls)
    let plan = StagingPlan(torrent, files: files)
    let rootFolder = try FolderHandle.root(root)
    (self.plan, self.rootFolder, spans) = (plan, rootFolder, FileSpans(torrent.layout))
    staging = try ArtifactWriter.staging(plan.folder, in: rootFolder)
    let none = [FileIdentity?](repeating: nil, count: torrent.layout.files.count)
    state = Mutex(
      State(
        held: Bitfield(count: torrent.layout.pieceCount), open: LeastRecentlyUsed(capacity: settings.openFiles), identities: none))
  }

  /// The device of the folder that the artifact comes to lie in; 0 where it cannot be looked at.
  package var device: UInt64 { FileStatus(descriptor: staging.descriptor)?.identity.device ?? 0 }
  /// Pieces that are right and on disk.
  package var held: Bitfield { state.withLock { $0.held } }
  /// The pieces that are wanted: those with a byte of a wanted file.
  package var wanted: Bitfield { plan.wanted }
  /// By file index: where each file lies below the root for as long as the artifact is not in its place; for an `ArtifactReader`, which serves
  /// what is held meanwhile.
  package var stagedPaths: [[String]] { plan.stagedPaths }

  /// The name of the folder, beside the artifact's place, in which it lies until then.
  package static func stagingFolder(of torrent: Torrent) -> String { StagingPlan.folder(of: torrent) }

  // MARK: Writing

  /// Writes a block's bytes; those of padding go nowhere.
  /// - Throws: as the disk says; `noSuchBlock` where block and bytes do not fit.
  package func write(_ block: Block, _ bytes: ByteBuffer) throws(StorageError) {
    let result = bytes.withUnsafeReadableBytes { bytes -> Result<Void, StorageError> in
      Result { () throws(StorageError) in try write(block, bytes) }
    }
    try result.get()
  }

  /// The same for bytes in memory.
  package func write(_ block: Block, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    guard bytes.count == Int(block.length), let begin = spans.begin(of: block, near: 0), var index = spans.index(at: begin) else {
      throw .noSuchBlock(block)
    }
    var done = 0
    while done < bytes.count, index < spans.spans.count {
      let span = spans.spans[index]
      let offset = begin + Int64(done)
      let length = min(bytes.count - done, Int(span.end - offset))
      if !span.isPadding {
        try write(UnsafeRawBufferPointer(rebasing: bytes[done..<done + length]), to: span.file, at: offset - span.begin)
      }
      done += length
      index += 1
    }
  }

  /// Takes the room that the artifact needs, where the settings say so. Files are made by that.
  package func reserve() throws(StorageError) {
    guard settings.allocation == .preallocated else { return }
    for file in plan.staged.indices where plan.staged[file] != nil && plan.final[file] != nil { _ = try opened(file) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, to file: Int, at offset: Int64) throws(StorageError) {
    let opened = try opened(file)
    // After the write, whatever came of it: a `commit` meanwhile may have forced the file without these bytes.
    defer {
      state.withLock { state in
        state.dirty[file] = opened
        state.touched.insert(file)
      }
    }
    try opened.write(bytes, at: offset, calls)
    // Many small files must not be held open all at once.
    let dirty = state.withLock { $0.dirty.count <= max(1, settings.openFiles) ? [] : Set($0.dirty.keys) }
    if !dirty.isEmpty { try synchronize(dirty) }
  }

  /// The open file, made where there is none.
  func opened(_ file: Int) throws(StorageError) -> WritableFile {
    if let open = state.withLock({ $0.open.use(file) }) { return open }
    guard let path = plan.staged.indices.contains(file) ? plan.staged[file] : nil, let name = path.last else {
      throw .missing(path: staging.display)
    }
    let folder = try makeFolders(path.dropLast())
    let (descriptor, isNew) = try folder.openFile(name, makes: true)
    let opened = WritableFile(descriptor: descriptor, display: folder.path(name))
    let length = torrent.layout.files[file].length
    state.withLock { state in
      state.touched.insert(file)
      if isNew { state.changedFolders.insert(Array(path.dropLast())) }
    }
    if isNew || opened.identity?.size != length {
      try opened.extend(to: length, allocating: settings.allocation == .preallocated && plan.final[file] != nil, calls)
    }
    // Those that leave are closed by whoever uses them last.
    let leaving = state.withLock { $0.open.insert(opened, for: file) }
    withExtendedLifetime(leaving) {}
    return opened
  }

  /// The file, where there is one.
  func existing(_ file: Int) -> WritableFile? {
    if let open = state.withLock({ $0.open.use(file) }) { return open }
    guard let path = plan.staged.indices.contains(file) ? plan.staged[file] : nil, let name = path.last,
      let folder = try? folder(path.dropLast()), let (descriptor, _) = try? folder.openFile(name, makes: false)
    else { return nil }
    return WritableFile(descriptor: descriptor, display: folder.path(name))
  }

  // MARK: Folders

  private static func staging(_ name: String, in root: FolderHandle) throws(StorageError) -> FolderHandle {
    let (folder, isNew) = try root.makeFolder(name)
    guard let status = FileStatus(descriptor: folder.descriptor), status.owner == geteuid() else {
      throw .wrongKind(path: folder.display, found: "somebody else's folder")
    }
    // One writer at a time, for as long as the folder is held open.
    guard flock(folder.descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      throw .failed(path: folder.display, operation: "lock", offset: nil, errno: EWOULDBLOCK)
    }
    if isNew { try root.synchronize() }
    return folder
  }

  func folder(_ path: some Sequence<String>) throws(StorageError) -> FolderHandle {
    var folder = staging
    for name in path { folder = try folder.folder(name) }
    return folder
  }

  func makeFolders(_ path: some Sequence<String>) throws(StorageError) -> FolderHandle {
    var (folder, above) = (staging, [String]())
    for name in path {
      let made = try folder.makeFolder(name)
      if made.isNew {
        let parent = above
        state.withLock { _ = $0.changedFolders.insert(parent) }
      }
      folder = made.folder
      above.append(name)
    }
    return folder
  }
}
