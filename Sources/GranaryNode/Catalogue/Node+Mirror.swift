import Catalogue
import HTTPClient
import Inventory
import NIOCore
import PluginKit
import Settings

extension NodeMirror {
  /// The mirror of a node, with all that it is made of. What fetches for it is joined here, and nowhere else.
  static func make(
    _ settings: NodeSettings, database: InventoryDatabase, journal: any PluginKit.Journal, group: any EventLoopGroup, security: HTTPSecurity
  ) throws -> NodeMirror {
    NodeMirror(
      try prepare(settings), replica: NodeReplica { _, wanted in throw FetchingUnavailable(name: wanted.name) }, database: database,
      journal: journal, transport: HTTPCatalogueTransport(group: group, security: security))
  }
}

/// This build follows catalogues, keeps and retires by them, and has nothing that downloads.
struct FetchingUnavailable: Error, CustomStringConvertible {
  let name: String
  var description: String { "fetching is not in this build: bring \(name) here and 'granary add' it" }
}
