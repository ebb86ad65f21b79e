import Logging

/// The ports that a plugin is given at its making. They are implemented elsewhere and injected by the composition root.
public struct PluginServices: Sendable {
  /// The clock of the policy.
  public let wallClock: @Sendable () -> WallTime
  /// The clock of deadlines and ticks.
  public let clock: @Sendable () -> ContinuousClock.Instant
  /// Takes journal rows.
  public internal(set) var journal: any Journal
  /// A logger labelled with the plugin's name.
  public let logger: Logger
  /// The absolute path of the folder that relative paths in the settings start from.
  public let folder: String
  /// What the plugin keeps across restarts.
  public let store: any PluginStore
  /// Files of settings that are kept apart from the configuration.
  public let documents: any SettingsDocuments
  /// What the plugin leaves to its next self.
  public let memory: PluginMemory
  /// Counters for `status`.
  public let counters: PluginCounters
  /// Runs programs beside us.
  public var children: any ChildProcesses = NoChildProcesses()
  /// What the node has.
  public let directory: any ArtifactDirectory
  /// The node's name; empty where the host has none.
  public let nodeName: String

  /// Without a store, what the plugin keeps lasts as long as the services.
  public init(
    wallClock: @escaping @Sendable () -> WallTime, clock: @escaping @Sendable () -> ContinuousClock.Instant, journal: any Journal,
    logger: Logger, folder: String, store: any PluginStore = MemoryPluginStore(), counters: PluginCounters = PluginCounters(),
    documents: any SettingsDocuments = NoSettingsDocuments(), memory: PluginMemory = PluginMemory(),
    directory: any ArtifactDirectory = NoArtifactDirectory(), nodeName: String = ""
  ) {
    (self.wallClock, self.clock, self.journal, self.logger, self.folder) = (wallClock, clock, journal, logger, folder)
    (self.store, self.counters, self.documents, self.memory) = (store, counters, documents, memory)
    (self.directory, self.nodeName) = (directory, nodeName)
  }

  /// The absolute form of a path in the settings.
  public func resolve(_ path: String) -> String { path.hasPrefix("/") ? path : folder + "/" + path }
}
