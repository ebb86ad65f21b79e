import ArgumentParser
import Control
import Foundation
import Inventory
import Metainfo

struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "The artifacts of the inventory.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Option(help: "Only artifacts with this label KEY=VALUE; may be repeated.") var label: [String] = []

  func run() async throws {
    if let node = try at.remote(common) { return try await print(node) }
    let database = try Workplace(common).reading()
    let artifacts = try database?.artifacts(ArtifactFilter(labels: try parseLabels(label))) ?? []
    if common.json {
      let documents = try artifacts.compactMap { artifact in
        try database.map { ArtifactDocument(artifact, try InventoryKeeper(database: $0).torrent(of: artifact.id).torrent) }
      }
      return try Console.print(document: ListDocument(artifacts: documents))
    }
    for artifact in artifacts {
      Console.print(
        Self.line(
          artifact.infoHash.description, artifact.state.rawValue, artifact.size, artifact.name, isSSL: artifact.isSSL, artifact.stateReason)
      )
    }
  }

  private func print(_ node: ControlClient) async throws {
    let labels = try parseLabels(label)
    let artifacts = try await node.artifacts().artifacts.filter { artifact in
      labels.allSatisfy { artifact.labels?[$0.key] == $0.value }
    }
    if common.json { return try Console.print(document: ListDocument(artifacts: artifacts)) }
    for artifact in artifacts {
      Console.print(
        Self.line(
          artifact.infoHashV1 ?? artifact.infoHashV2 ?? "", artifact.state ?? "", artifact.size, artifact.name, isSSL: artifact.sslTorrent,
          artifact.stateReason ?? ""))
    }
  }

  private static func line(_ hash: String, _ state: String, _ size: Int64, _ name: String, isSSL: Bool, _ reason: String) -> String {
    let size = ByteText.describe(size).padding(toLength: 10, withPad: " ", startingAt: 0)
    let state = state.padding(toLength: 9, withPad: " ", startingAt: 0)
    return "\(hash.prefix(12))  \(state)  \(size)  \(escaped(name))\(isSSL ? "  [SSL torrent]" : "")"
      + (reason.isEmpty ? "" : "  (\(escaped(reason)))")
  }
}
