import ArgumentParser
import Control
import Foundation
import Inventory
import Metainfo

struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "The artifacts of the inventory.")

  private struct Document: Encodable {
    let schema = "granary.list/1"
    let artifacts: [ArtifactDocument]
  }

  @OptionGroup var common: CommonOptions
  @Option(help: "Only artifacts with this label KEY=VALUE; may be repeated.") var label: [String] = []

  func run() async throws {
    let database = try Workplace(common).reading()
    let artifacts = try database?.artifacts(ArtifactFilter(labels: try parseLabels(label))) ?? []
    if common.json {
      let documents = try artifacts.compactMap { artifact in
        try database.map { ArtifactDocument(artifact, try InventoryKeeper(database: $0).torrent(of: artifact.id).torrent) }
      }
      return try Console.print(document: Document(artifacts: documents))
    }
    for artifact in artifacts { Console.print(line(artifact)) }
  }

  private func line(_ artifact: Artifact) -> String {
    let hash = artifact.infoHash.description.prefix(12)
    let size = ByteText.describe(artifact.size).padding(toLength: 10, withPad: " ", startingAt: 0)
    let state = artifact.state.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
    let reason = artifact.stateReason.isEmpty ? "" : "  (\(escaped(artifact.stateReason)))"
    return "\(hash)  \(state)  \(size)  \(escaped(artifact.name))\(artifact.isSSL ? "  [SSL torrent]" : "")\(reason)"
  }
}
