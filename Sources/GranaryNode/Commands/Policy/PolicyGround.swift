import Foundation
import Inventory
import Metainfo
import PluginKit
import Settings

/// What the policy commands look at: a configuration's pipeline, made as `run` makes it, and the inventory that it is about.
struct PolicyGround {
  let configuration: NodeConfiguration
  let pipeline: Pipeline
  /// Nil where there is none yet.
  let database: InventoryDatabase?

  /// - Parameter state: the state directory of the inventory, where it is not the configuration's own.
  init(_ options: CommonOptions, state: String? = nil) throws {
    configuration = try NodeConfiguration.load(options.config)
    let paths = state.map { NodePaths(state: URL(fileURLWithPath: $0).standardizedFileURL.path) } ?? configuration.paths
    database = access(paths.inventory, F_OK) == 0 ? try InventoryDatabase.open(readingAt: paths.inventory) : nil
    let services = ServicesMaker(
      folder: configuration.settings.folder, journal: NoJournal(),
      stores: database.map { ServicesMaker.Stores.read($0) } ?? ServicesMaker.Stores.none
    ).services
    pipeline = try configuration.makePipeline(services, generation: 0)
  }

  /// An artifact with its files and pieces; nil where the inventory does not hold it.
  func artifact(_ what: String) throws -> ArtifactFacts? {
    guard let database else { return nil }
    do throws(InventoryError) {
      let artifact = try database.find(what)
      return try facts(artifact, database)
    } catch {
      guard case .unknownArtifact = error else { throw Failure(error) }
      return nil
    }
  }

  func artifact(infoHash: InfoHash) throws -> ArtifactFacts? {
    guard let database, let artifact = try database.artifact(infoHash: infoHash) else { return nil }
    return try facts(artifact, database)
  }

  private func facts(_ artifact: Artifact, _ database: InventoryDatabase) throws(InventoryError) -> ArtifactFacts? {
    let bytes = try database.torrent(of: artifact.id)
    return (try? Torrent.decode(bytes).torrent).map { ArtifactFacts(artifact, $0) }
  }
}
