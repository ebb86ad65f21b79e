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
