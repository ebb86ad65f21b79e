import NIOCore
import PeerProtocol
package import PluginKit

/// Hands out info dictionaries over `ut_metadata` (BEP 9) to peers that the grant lets have them; answers all others with a reject.
///
/// A handler: who may have metadata is for the guards to say. It never asks for metadata, and ignores what peers send of it.
package struct MetadataPlugin: Plugin {
  package static let name = "metadata"
  package static let summary = "hands out metadata (ut_metadata, BEP 9) to peers that may have it"
  package static let hooks: [Hook] = [.newTorrent, .newConnection, .addHandshake, .onExtended]

  package let extendedMessages = [ExtendedMessage(name: MetadataMessage.name, maximumSize: MetadataMessage.maximumByteCount)]

  private let allowance = MetadataAllowance()
  private let services: PluginServices

  package init(settings: NoSettings, services: PluginServices) throws { self.services = services }

  package func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? {
    MetadataTorrent(allowance: allowance, services: services)
  }
}

/// The plugin's part for one artifact: what peers share is the node's.
private struct MetadataTorrent: TorrentPlugin {
  let allowance: MetadataAllowance
  let services: PluginServices

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? { MetadataPeer(peer, allowance: allowance, services: services) }
}
