import Foundation
import Inventory

/// Deletes an artifact's files: those that its torrent names, and folders that are empty then.
struct DataRemoval {
  private let artifact: Artifact
  private let files: [ArtifactFile]
  private let database: InventoryDatabase
  private let roots: RootsPolicy

  /// To be made while the artifact is in the inventory.
  init(_ artifact: Artifact, _ database: InventoryDatabase, roots: RootsPolicy) throws {
    (self.artifact, self.database, self.roots) = (artifact, database, roots)
    files = try database.files(of: artifact.id)
  }

  /// The same data may be in several artifacts, as v1 and as hybrid: what another one serves is not deleted under it.
  func refuseSharedData() throws {
    let paths = Set(files.map { artifact.dataRoot + "/" + $0.path })
    var shared: (path: String, other: Artifact)?
    // One snapshot: artifacts come and go beside us.
    try database.forEachHolding { holding in
      guard holding.artifact.id != artifact.id else { return true }
      let root = holding.artifact.dataRoot
      shared = holding.files.first { paths.contains(root + "/" + $0.path) }.map { ($0.path, holding.artifact) }
      return shared == nil
    }
    guard let shared else { return }
    throw Failure(
      .notPermitted,
      "\(shared.path) is data of \(shared.other.name) (\(shared.other.infoHash)) too: remove without --data, or that one first")
  }

  /// Gives the paths that were deleted.
  func delete() throws -> [String] {
    var deleted: [String] = []
    var folders: Set<String> = []
    for file in files {
      let path = artifact.dataRoot + "/" + file.path
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      // Links resolved: what has come to lead out of the roots meanwhile is left alone.
      try roots.check(folder)
      guard unlink(path) == 0 else {
        if errno == ENOENT { continue }
        throw Failure(.diskIO, "\(path): cannot be deleted: \(String(cString: strerror(errno)))")
      }
      deleted.append(path)
      folders.insert(folder)
    }
    removeEmpty(folders, upTo: artifact.dataRoot)
    return deleted
  }

  private func removeEmpty(_ folders: Set<String>, upTo root: String) {
    for folder in folders {
      var folder = URL(fileURLWithPath: folder)
      // rmdir refuses what is not empty, which ends the climb.
      while folder.path.hasPrefix(root + "/"), rmdir(folder.path) == 0 { folder.deleteLastPathComponent() }
    }
  }
}
