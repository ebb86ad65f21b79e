import Metainfo

/// What a look at an artifact's files, none of them read, has found.
package struct ArtifactLook: Hashable, Sendable {
  /// A file of an artifact as its evidence has it.
  package struct File: Hashable, Sendable {
    /// The path below the root.
    package let path: [String]
    /// What it was when its pieces were verified; nil where nothing is known of it.
    package let identity: FileIdentity?

    package init(path: [String], identity: FileIdentity?) {
      (self.path, self.identity) = (path, identity)
    }
  }

  /// The first file, in order, that is not what its evidence says; nil where all are.
  package let fault: StorageError?
  /// Files that are not what their evidence says.
  package let faults: Int
  /// Files without evidence that are there now.
  package let unknown: Int
  /// Whether there are files, and none of those with evidence is there: a vanished mount, a folder that was moved away.
  package let isGone: Bool
  /// Equal for looks that found the same; good within this process only.
  package let fingerprint: Int
  /// The last time that one of the files that are there was changed, nanoseconds since 1970 by the clock of what holds them; 0 where none is.
  package let lastChange: Int64

  /// Whether every file with evidence is what it was.
  package var isAsEvidence: Bool { faults == 0 }

  /// Looks at every file below the root. Waits for disks.
  package static func look(at files: [File], below root: String) -> ArtifactLook {
    var (faults, unknown, found) = (0, 0, 0)
    var first: StorageError?
    var hasher = Hasher()
    var lastChange: Int64 = 0
    for file in files {
      do throws(StorageError) {
        let status = try FileStatus.of(file.path, below: root)
        hasher.combine(status.identity)
        lastChange = max(lastChange, status.identity.changed, status.identity.modified)
        if file.identity == nil, status.isFile { unknown += 1 }
        guard let evidence = file.identity else { continue }
        found += 1
        if status.isLink { throw .symlink(path: BeneathRoot.display(root, file.path)) }
        guard status.isFile else { throw .wrongKind(path: BeneathRoot.display(root, file.path), found: status.kind) }
        if let what = evidence.difference(from: status.identity) { throw .changed(path: BeneathRoot.display(root, file.path), what: what) }
      } catch {
        hasher.combine(error)
        guard file.identity != nil else { continue }
        faults += 1
        first = first ?? error
      }
    }
    let known = files.contains { $0.identity != nil }
    return ArtifactLook(
      fault: first, faults: faults, unknown: unknown, isGone: known && found == 0, fingerprint: hasher.finalize(),
      lastChange: lastChange)
  }

  /// Whether somebody has one of these files open for writing now; false where that cannot be told, as for files of another owner.
  package static func isBeingWritten(_ files: some Sequence<File>, below root: String, leases: LeaseKeeper) -> Bool {
    files.contains { file in
      guard let opened = try? OpenFile.open(file.path, below: root, evidence: nil) else { return false }
      return leases.isBeingWritten(opened.descriptor)
    }
  }
}
