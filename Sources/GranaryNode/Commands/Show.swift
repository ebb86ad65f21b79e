import ArgumentParser
import Control
import Foundation
import Inventory
import Metainfo
import PluginKit
import Plugins
import Settings

struct Show: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show an artifact of the inventory, a .torrent file, or a magnet link.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "An info-hash, a unique start of one, a name, a .torrent file, or a magnet link.") var what: String
  @Flag(help: "List the files.") var files = false

  func run() async throws {
    if what.hasPrefix("magnet:") { return try show(magnet: try Magnet.parse(what)) }
    let document = try document()
    try ArtifactPrinter.print(document, command: "show", asJSON: common.json)
    guard files, !common.json else { return }
    for file in document.files { Console.print("  \(ByteText.describe(file.length))  \(escaped(file.path))") }
  }

  private func document() throws -> ArtifactDocument {
    if what.hasSuffix(".torrent"), access(what, F_OK) == 0 {
      let decoded = try Publisher.decode(try Publisher.read(what), file: what)
      var document = ArtifactDocument(decoded.torrent, path: what)
      document.warnings = decoded.warnings.map { "\($0)" }
      return document
    }
    guard let database = try Workplace(common).reading() else { throw Failure(.inputMissing, "no such artifact: \(what)") }
    let artifact = try find(in: database)
    var document = ArtifactDocument(artifact, try InventoryKeeper(database: database).torrent(of: artifact.id).torrent)
    let notices = notices(on: artifact, database)
    document.notices = notices.isEmpty ? nil : notices
    return document
  }

  /// What operators have said of it, as far as the configuration trusts them. One that has problems keeps nobody from being shown the rest.
  private func notices(on artifact: Artifact, _ database: InventoryDatabase) -> [NoticeDocument] {
    guard let configuration = try? NodeConfiguration.load(common.config),
      configuration.settings.pipeline.contains(where: { $0.name == MessagesPlugin.name })
    else { return [] }
    let services = ServicesMaker(folder: configuration.settings.folder, journal: NoJournal(), stores: .read(database)).services
    let pipeline = try? configuration.makePipeline(services, generation: 0)
    return (pipeline?.messages ?? []).flatMap { $0.notices(of: artifact.infoHash) }.map(NoticeDocument.init)
  }

  private func find(in database: InventoryDatabase) throws -> Artifact {
    do {
      return try database.find(what)
    } catch {
      guard what.hasSuffix(".torrent"), case InventoryError.unknownArtifact = error else { throw error }
      throw Failure(.inputMissing, "no such file or artifact: \(what)")
    }
  }

  private struct MagnetDocument: Encodable {
    let schema = "granary.show/1"
    let name: String?
    let infoHashV1: String?
    let infoHashV2: String?
    let magnet: String
    /// Each a tier of its own, as in a torrent's document.
    let trackers: [[String]]

    enum CodingKeys: String, CodingKey {
      case schema, name, magnet, trackers
      case infoHashV1 = "info_hash_v1"
      case infoHashV2 = "info_hash_v2"
    }

    /// Name and info-hashes are always there: text or null.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(schema, forKey: .schema)
      try container.encode(name, forKey: .name)
      try container.encode(infoHashV1, forKey: .infoHashV1)
      try container.encode(infoHashV2, forKey: .infoHashV2)
      try container.encode(magnet, forKey: .magnet)
      try container.encode(trackers, forKey: .trackers)
    }
  }

  private func show(magnet: Magnet) throws {
    let document = MagnetDocument(
      name: magnet.displayName, infoHashV1: magnet.infoHash.v1?.description, infoHashV2: magnet.infoHash.v2?.description,
      magnet: magnet.description, trackers: magnet.trackers.map { [$0] })
    if common.json { return try Console.print(document: document) }
    let lines: [(String, String?)] = [
      ("name", document.name), ("info-hash v1", document.infoHashV1), ("info-hash v2", document.infoHashV2),
      ("trackers", magnet.trackers.isEmpty ? nil : magnet.trackers.joined(separator: " ")),
    ]
    for case (let name, let value?) in lines {
      Console.print("\(name.padding(toLength: 13, withPad: " ", startingAt: 0)) \(escaped(value))")
    }
  }
}
