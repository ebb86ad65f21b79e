import Catalogue
import Control
import Inventory
import Logging
import OpenSSL
import PluginKit
import ServiceLifecycle
import Settings
import Synchronization
import TLS
import Tracker

/// The catalogue that a node publishes, with its listeners.
final class NodeCatalogue: Sendable {
  /// What a configuration brings, read before anything changes.
  struct Fresh: Sendable {
    let settings: NodeSettings.Catalogue
    let key: Ed25519.PrivateKey
    /// Those that readers show.
    let keys: AnnounceKeys
  }

  let publisher: CataloguePublisher
  private let listen: [NodeSettings.Catalogue.Listener]
  private let keys: Mutex<AnnounceKeys>
  private let opened = Mutex<[PluginKit.PeerAddress]>([])

  /// Nil where the settings have no catalogue. Throws what is wrong with its key.
  init?(
    _ settings: NodeSettings, database: InventoryDatabase, journal: any PluginKit.Journal, logger: Logger,
    pipeline: @escaping @Sendable () -> Pipeline
  ) throws {
    guard let fresh = try Self.prepare(settings) else { return nil }
    listen = fresh.settings.listen
    keys = Mutex(fresh.keys)
    publisher = CataloguePublisher(
      fresh.settings, key: fresh.key, database: database, policy: CataloguePolicy(pipeline: pipeline, journal: journal, now: { .now }),
      logger: logger)
  }

  /// What the settings say of the catalogue; nil where they have none.
  static func prepare(_ settings: NodeSettings) throws -> Fresh? {
    guard let catalogue = settings.catalogue else { return nil }
    return Fresh(
      settings: catalogue, key: try CatalogueKeyFile.load(catalogue.key),
      keys: try catalogue.keys.map { try AnnounceKeyFile.load($0) } ?? AnnounceKeys())
  }

  /// Where the file has no catalogue any more, the one that is open goes on as it was until a restart.
  func commit(_ fresh: Fresh?) {
    guard let fresh else { return }
    keys.withLock { $0 = fresh.keys }
    Task { await publisher.replace(fresh.settings, key: fresh.key) }
  }

  /// Whether whoever has proven this would have to show a key besides.
  func asksForKey(_ proven: [Identity]) -> Bool { keys.withLock { $0.identities(showing: nil, proven: proven) == nil } }

  /// The addresses that are open.
  var listeners: [PluginKit.PeerAddress] { opened.withLock { $0 } }

  /// Whether all its addresses are.
  var isOpen: Bool { listeners.count == listen.count }

  /// One for each address. `entry`: the trust entry of a name under `tls`, as it is now.
  func services(entry: @escaping @Sendable (String) -> TLSEntry?, logger: Logger) -> [any Service] {
    listen.map { listener in
      let tls = listener.tls.map { name in { @Sendable () -> TLSEntry? in entry(name) } }
      return CatalogueFace(
        address: listener.address, publisher: publisher, tls: tls, keys: { [self] in keys.withLock { $0 } }, logger: logger,
        onReady: { [self] address in opened.withLock { $0.append(address) } })
    }
  }

  /// `FILE:LINE:COLUMN` of a listener.
  func place(of address: PluginKit.PeerAddress) -> String? { listen.first { $0.address == address }?.place }
}
