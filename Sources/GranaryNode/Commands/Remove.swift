import ArgumentParser
import Control
import Foundation
import Inventory
import Metainfo
import Settings

struct Remove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take an artifact out of service and out of the inventory.",
    discussion: "The data stays where it is unless --data is given. Transfers and journal keep their rows.")

  private struct Document: Encodable {
    let schema = "granary.remove/1"
    let name: String
    let infoHash: String
    let deleted: [String]

    enum CodingKeys: String, CodingKey {
      case schema, name, deleted
      case infoHash = "info_hash"
    }
  }

  @OptionGroup var common: CommonOptions
  @Argument(help: "An info-hash, a unique start of one, or a name.") var what: String
  @Flag(help: "Delete the artifact's files too: those that its torrent names, and folders that are empty then.") var data = false

  func run() async throws {
    let place = try Workplace(common)
    guard let database = try place.reading() else { throw Failure(.inputMissing, "no such artifact: \(what)") }
    let artifact = try database.find(what)
    let files = try database.files(of: artifact.id)
    let hash = artifact.infoHash.description
    if data { try refuseSharedData(files, of: artifact, database) }
    if let node = place.runningNode() {
      _ = try await node.remove(hash)
    } else {
      _ = try place.writing { try $0.database.remove(artifact.id) }
    }
    let deleted = data ? try delete(files, of: artifact, place) : []
    if common.json { return try Console.print(document: Document(name: artifact.name, infoHash: hash, deleted: deleted)) }
    let number = "\(deleted.count) \(deleted.count == 1 ? "file" : "files")"
    Console.print("removed \(escaped(artifact.name)) (\(hash))" + (data ? ", \(number) deleted" : ""))
  }

  /// The same data may be in several artifacts, as v1 and as hybrid: what another one serves is not deleted under it.
  private func refuseSharedData(_ files: [ArtifactFile], of artifact: Artifact, _ database: InventoryDatabase) throws {
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

  private func delete(_ files: [ArtifactFile], of artifact: Artifact, _ place: Workplace) throws -> [String] {
    let roots = RootsPolicy(roots: place.configuration.settings.artifacts.roots)
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
