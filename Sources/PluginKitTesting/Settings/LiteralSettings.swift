import PluginKit

/// A settings source of a test's own, as strict as the host's: unknown keys and wrong types are refused.
///
/// The place of a value is its path behind a dollar sign: `$.addresses[2]`.
public struct LiteralSettings: SettingsSource, Sendable {
  /// The settings.
  public let value: LiteralValue
  /// The root of all paths: `$`.
  public let place = "$"

  /// Settings of this value; those of a bare name are an empty mapping.
  public init(_ value: LiteralValue = [:]) {
    self.value = value
  }

  public func decode<Settings: Decodable>(_ type: Settings.Type) throws -> Settings {
    try Settings(from: LiteralDecoder(value: value == .null ? [:] : value, codingPath: []))
  }
}

extension LiteralSettings: ExpressibleByDictionaryLiteral {
  /// `["addresses": ["10.0.0.0/8"]]`.
  public init(dictionaryLiteral elements: (String, LiteralValue)...) { self.init(.mapping(Dictionary(elements) { $1 })) }
}

/// A problem that the literal's decoder found.
public struct LiteralProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The place: `$.addresses[2]`.
  public let place: String
  /// What is wrong there.
  public let message: String
  public var description: String { "\(place): \(message)" }
}

/// Files of settings that a test makes up, by their absolute paths.
public struct LiteralDocuments: SettingsDocuments {
  private let files: [String: LiteralValue]

  /// Files by absolute path; any other path is a `SettingsProblem`.
  public init(_ files: [String: LiteralValue]) { self.files = files }

  public func open(_ path: String, isSecret: Bool) throws -> any SettingsSource {
    guard let value = files[path] else { throw SettingsProblem("there is no such file", place: path) }
    return LiteralSettings(value)
  }
}
