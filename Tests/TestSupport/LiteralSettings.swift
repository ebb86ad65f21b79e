import PluginKit

/// A settings source of a test's own, as strict as the host's: unknown keys and wrong types are refused.
///
/// The place of a value is its path behind a dollar sign: `$.addresses[2]`.
package struct LiteralSettings: SettingsSource {
  /// The settings.
  package let value: LiteralValue
  package let place = "$"

  /// Settings of this value; those of a bare name are an empty mapping.
  package init(_ value: LiteralValue = [:]) {
    self.value = value
  }

  package func decode<Settings: Decodable>(_ type: Settings.Type) throws -> Settings {
    try Settings(from: LiteralDecoder(value: value == .null ? [:] : value, codingPath: []))
  }
}

/// A problem that the literal's decoder found.
package struct LiteralProblem: Error, Hashable, CustomStringConvertible {
  /// The place: `$.addresses[2]`.
  package let place: String
  /// What is wrong there.
  package let message: String
  package var description: String { "\(place): \(message)" }
}

/// Files of settings that a test makes up, by their absolute paths.
package struct LiteralDocuments: SettingsDocuments {
  private let files: [String: LiteralValue]

  package init(_ files: [String: LiteralValue]) { self.files = files }

  package func open(_ path: String, isSecret: Bool) throws -> any SettingsSource {
    guard let value = files[path] else { throw SettingsProblem("there is no such file", place: path) }
    return LiteralSettings(value)
  }
}
