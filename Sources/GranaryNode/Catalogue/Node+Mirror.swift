import Catalogue
import Control
import HTTPClient
import Inventory
import Metainfo
import NIOCore
import NIOPosix
import PluginKit
import Settings

extension NodeMirror {
  /// The mirror of a node, with all that it is made of. What fetches for it is joined here, and nowhere else.
  static func make(
    _ settings: NodeSettings, database: InventoryDatabase, journal: any PluginKit.Journal, group: any EventLoopGroup, security: HTTPSecurity
  ) throws -> NodeMirror {
    NodeMirror(
      try prepare(settings), replica: NodeReplica { node, wanted in try await node.fetch(wanted) }, database: database,
      journal: journal, transport: HTTPCatalogueTransport(group: group, security: security))
  }
}

extension Node {
  /// Begins to fetch what a mirror wants: its torrent has been compared with what the signed catalogue says.
  func fetch(_ wanted: WantedArtifact) async throws {
    _ = try await NIOThreadPool.singleton.runIfActive { [self] in
      let submission = FetchSubmission(name: wanted.name, root: wanted.folder, select: nil, peers: [], labels: wanted.labels)
      return try fetch(try Torrent.decode(wanted.torrent).torrent, wanted.torrent, submission)
    }
  }
}
