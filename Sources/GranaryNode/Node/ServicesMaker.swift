import Foundation
import Inventory
import Logging
import PluginKit
import Settings

/// Makes the ports that each plugin is given.
struct ServicesMaker: Sendable {
  /// Where plugins keep what lasts.
  enum Stores: Sendable {
    /// A running node's: flushed in batches.
    case kept(PluginValueStore)
    /// An inventory that is only read, for commands that look: changes last as long as the command.
    case read(InventoryDatabase)
    /// None.
    case none
  }

  var folder: String
  let journal: any PluginKit.Journal
  var stores = Stores.none
  var counters = PluginCounters()
  var memories = PluginMemories()
  var children: any ChildProcesses = ChildThreads()
  var directory: any ArtifactDirectory = NoArtifactDirectory()
  var nodeName = ""
  /// Secrets that systemd has loaded.
  var credentials = CredentialFolder(variables: ProcessInfo.processInfo.environment)

  /// The same for a configuration in this folder.
  func below(_ folder: String) -> ServicesMaker {
    var maker = self
    maker.folder = folder
    return maker
  }

  var services: @Sendable (String) -> PluginServices {
    let maker = self
    return { plugin in
      let logger = Logger(label: "granary.plugin.\(plugin)")
      var services = PluginServices(
        wallClock: { .now }, clock: { .now }, journal: maker.journal, logger: logger, folder: maker.folder,
        store: maker.store(of: plugin, logger), counters: maker.counters,
        documents: YAMLDocuments(besides: maker.folder, credentials: maker.credentials), memory: maker.memories.memory(of: plugin),
        directory: maker.directory,
        nodeName: maker.nodeName)
      services.children = maker.children
      return services
    }
  }

  private func store(of plugin: String, _ logger: Logger) -> any PluginStore {
    do {
      switch stores {
      case .kept(let store): return KeptPluginStore(values: try store.values(of: plugin))
      case .read(let database): return MemoryPluginStore(try database.pluginValues(of: plugin))
      case .none: return MemoryPluginStore()
      }
    } catch {
      // What cannot be read cannot be relied on: the plugin finds a store that takes nothing, and says what it makes of that.
      logger.error("what the plugin keeps cannot be read", metadata: .event(.pluginStoreUnreadable, ["error": "\(error)"]))
      return ClosedPluginStore()
    }
  }
}

/// The store of one plugin, in the inventory.
struct KeptPluginStore: PluginStore {
  let values: PluginValues

  func value(_ key: String) -> [UInt8]? { values.value(key) }
  var keys: [String] { values.keys }
  func update(_ key: String, lasting: Bool, _ change: (inout [UInt8]?) -> Void) -> Bool { values.update(key, lasting: lasting, change) }
}

/// A store that holds nothing and takes nothing.
struct ClosedPluginStore: PluginStore {
  let keys: [String] = []
  func value(_ key: String) -> [UInt8]? { nil }
  func update(_ key: String, lasting: Bool, _ change: (inout [UInt8]?) -> Void) -> Bool { false }
}

/// The journal of commands that only look: nothing is kept.
struct NoJournal: PluginKit.Journal {
  func record(_ record: JournalRecord) {}
}
