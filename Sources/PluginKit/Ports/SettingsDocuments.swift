/// The port for files that settings name and that are of the configuration's own kind: lists of keys or rules that are kept apart.
public protocol SettingsDocuments: Sendable {
  /// Reads a file at an absolute path; its values have their places in it. Blocks; meant for the start and for reloads.
  ///
  /// - Parameter isSecret: whether the file is refused where others than its owner can read it.
  /// - Throws: `SettingsProblem` where it cannot be read; what the reader of such files throws where it makes no sense.
  func open(_ path: String, isSecret: Bool) throws -> any SettingsSource
}

/// A host that reads no files.
public struct NoSettingsDocuments: SettingsDocuments {
  public init() {}

  public func open(_ path: String, isSecret: Bool) throws -> any SettingsSource {
    throw SettingsProblem("\(path): this host reads no files of settings")
  }
}
