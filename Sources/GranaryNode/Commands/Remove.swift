import ArgumentParser
import Control
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
  @OptionGroup var at: NodeOptions
  @Argument(help: "An info-hash, a unique start of one, or a name.") var what: String
  @Flag(help: "Delete the artifact's files too: those that its torrent names, and folders that are empty then.") var data = false

  func validate() throws {
    if data, at.isRemote { throw ValidationError("--data: the files are the other machine's; remove them there") }
  }

  func run() async throws {
    if let node = try at.remote(common) { return try (try await node.remove(what)).print(asJSON: common.json) }
    let place = try Workplace(common)
    guard let database = try place.reading() else { throw Failure(.inputMissing, "no such artifact: \(what)") }
    let artifact = try database.find(what)
    let removal = try DataRemoval(artifact, database, roots: RootsPolicy(roots: place.configuration.settings.artifacts.roots))
    let hash = artifact.infoHash.description
    if data { try removal.refuseSharedData() }
    if let node = place.runningNode() {
      _ = try await node.remove(hash)
    } else {
      _ = try place.writing { try $0.database.remove(artifact.id) }
    }
    let deleted = data ? try removal.delete() : []
    if common.json { return try Console.print(document: Document(name: artifact.name, infoHash: hash, deleted: deleted)) }
    let number = "\(deleted.count) \(deleted.count == 1 ? "file" : "files")"
    Console.print("removed \(escaped(artifact.name)) (\(hash))" + (data ? ", \(number) deleted" : ""))
  }
}
