/// The plugins that can stand in the pipeline.
public struct PluginRegistry: Sendable {
  /// A plugin's description.
  public struct Entry: Sendable {
    /// The name in the pipeline.
    public let name: String
    /// One line.
    public let summary: String
    /// The hooks it answers.
    public let hooks: [Hook]
    let make: @Sendable (any SettingsSource, PluginServices) throws -> any Plugin
  }

  /// The entries in the order given.
  public let entries: [Entry]

  /// A registry of these types. Two types of one name are our own bug: the first counts and `duplicates` names it.
  public init(_ types: [any Plugin.Type]) {
    entries = types.map { Self.entry($0) }
  }

  /// Names that more than one type claims.
  public var duplicates: [String] {
    Dictionary(grouping: entries, by: \.name).filter { $0.value.count > 1 }.keys.sorted()
  }

  /// The entry of this name.
  public func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

  private static func entry<P: Plugin>(_ type: P.Type) -> Entry {
    Entry(name: P.name, summary: P.summary, hooks: P.hooks) { source, services in
      try P(settings: source.decode(P.Settings.self), services: services)
    }
  }
}
