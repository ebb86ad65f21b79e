import Glibc
import Metainfo
import Synchronization

/// An artifact that has got into its place.
package struct FinishedArtifact: Sendable, Hashable {
  /// By file index: where it lies below the root; empty for padding, and for what was not wanted.
  package let paths: [[String]]
  /// By file index: what each file is; nil for padding, links and what was not wanted. The evidence under which the pieces are served.
  package let identities: [FileIdentity?]
  /// The pieces that are there: of an artifact that was wanted in part, those that lie wholly in its files.
  package let pieces: Bitfield
}

// The end of it.
extension ArtifactWriter {
  /// Gives everything its modes and owner, forces it to disk and renames it into place in one step, where nothing may be yet.
  ///
  /// Then the staging folder goes. May be called again after an error; after one with `EEXIST` somebody else's file or folder is in the
  /// place, and it is the operator's to decide.
  /// - Throws: `incomplete` where a wanted piece is not held.
  package func finish() throws(StorageError) -> FinishedArtifact {
    let held = held
    let lacking = plan.wanted.pieces.count { !held[$0] }
    guard lacking == 0 else { throw .incomplete(path: staging.display, lacking: lacking) }
    try makeTheRest()
    try synchronize(Set(state.withLock { $0.dirty.keys }))
    let data = try staging.folder(StagingPlan.data)
    try dress(data)
    let late = try lateFolder(data)
    try data.move(plan.name, to: rootFolder)
    if let late { try dress(folder: late) }
    try rootFolder.synchronize()
    let finished = try finished()
    // What cannot be removed now is found, and removed, by the next run.
    try? removeStaging()
    return finished
  }

  /// Gives up: everything that was fetched goes.
  package func discard() throws(StorageError) { try removeStaging() }

  /// Files without content, and links, which no block ever makes.
  private func makeTheRest() throws(StorageError) {
    _ = try makeFolders([StagingPlan.data] + (torrent.isSingleFile ? [] : [plan.name]))
    for (index, file) in torrent.layout.files.enumerated() {
      guard let final = plan.final[index], let name = final.last else { continue }
      if let target = plan.linkTarget(index) {
        let path = [StagingPlan.data] + final.dropLast()
        try makeFolders(path).makeLink(name, to: target)
        state.withLock { _ = $0.changedFolders.insert(path) }
      } else if file.length == 0 {
        _ = try opened(index)
      }
    }
  }

  // MARK: Modes and owners

  private func dress(_ data: FolderHandle) throws(StorageError) {
    var folders: Set<[String]> = []
    for (index, file) in torrent.layout.files.enumerated() {
      guard let final = plan.final[index] else { continue }
      for depth in 1..<max(1, final.count) { folders.insert(Array(final.prefix(depth))) }
      if file.symlinkTarget != nil {
        try dressLink(final)
      } else {
        try dress(try opened(index), file.isExecutable ? settings.executableMode : settings.fileMode)
      }
    }
    if !torrent.isSingleFile { folders.insert([plan.name]) }
    if isMovedOpen { folders.remove([plan.name]) }
    // The deepest first: a folder that is closed to us cannot be entered any more.
    for path in folders.sorted(by: { $0.count > $1.count }) { try dress(folder: folder([StagingPlan.data] + path)) }
  }

  /// A folder that its owner cannot write to cannot be moved to another one either: it gets its mode afterwards.
  private var isMovedOpen: Bool { !torrent.isSingleFile && settings.folderMode & 0o200 == 0 }

  private func lateFolder(_ data: FolderHandle) throws(StorageError) -> FolderHandle? {
    isMovedOpen ? try data.folder(plan.name) : nil
  }

  private func dress(_ file: WritableFile, _ mode: UInt32) throws(StorageError) {
    try change(file.descriptor, file.display, mode)
    guard fsync(file.descriptor) == 0 else { throw .failed(path: file.display, operation: "force to disk", offset: nil, errno: errno) }
  }

  private func dress(folder: FolderHandle) throws(StorageError) {
    try change(folder.descriptor, folder.display, settings.folderMode)
    try folder.synchronize()
  }

  private func dressLink(_ path: [String]) throws(StorageError) {
    guard settings.owner != nil || settings.group != nil else { return }
    let folder = try folder([StagingPlan.data] + path.dropLast())
    let name = path.last ?? ""
    guard fchownat(folder.descriptor, name, settings.owner ?? .max, settings.group ?? .max, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw .failed(path: folder.path(name), operation: "change the owner", offset: nil, errno: errno)
    }
  }

  /// The owner first: to change it takes away set-user-id bits.
  private func change(_ descriptor: Int32, _ display: String, _ mode: UInt32) throws(StorageError) {
    if settings.owner != nil || settings.group != nil {
      // All ones leaves it as it is.
      guard fchown(descriptor, settings.owner ?? .max, settings.group ?? .max) == 0 else {
        throw .failed(path: display, operation: "change the owner", offset: nil, errno: errno)
      }
    }
    guard fchmod(descriptor, mode_t(mode & 0o7777)) == 0 else {
      throw .failed(path: display, operation: "change the mode", offset: nil, errno: errno)
    }
  }

  // MARK: In place

  private func finished() throws(StorageError) -> FinishedArtifact {
    var identities: [FileIdentity?] = []
    for (index, file) in torrent.layout.files.enumerated() {
      guard let path = plan.final[index], file.symlinkTarget == nil else {
        identities.append(nil)
        continue
      }
      identities.append(try FileStatus.of(path, below: root).identity)
    }
    return FinishedArtifact(paths: plan.finalPaths, identities: identities, pieces: held.intersection(plan.whole))
  }

  private func removeStaging() throws(StorageError) {
    state.withLock { state in
      _ = state.open.removeAll { _ in true }
      state.dirty = [:]
    }
    try rootFolder.removeTree(plan.folder)
    try rootFolder.synchronize()
  }
}
