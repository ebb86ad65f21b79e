/// Where a plugin's settings come from: a place in the YAML, or a literal in a test.
public protocol SettingsSource {
  /// The settings as the type wants them; an entry that is a bare name gives those of an empty mapping. Throws what the reader of the source throws: unknown keys, wrong types, with their places.
  func decode<Settings: Decodable>(_ type: Settings.Type) throws -> Settings
  /// The place of a settings error that the plugin itself found: `FILE:LINE:COLUMN`.
  var place: String { get }
}

/// A decoder that knows where its value stands. The host's decoder of settings is one; a rule that wants its place asks for it.
public protocol PlacedDecoder: Decoder {
  /// `FILE:LINE:COLUMN`.
  var place: String { get }
}

/// A value with the place where it stands in the settings.
public struct Placed<Value: Decodable & Sendable>: Decodable, Sendable {
  /// The value.
  public let value: Value
  /// `FILE:LINE:COLUMN`, where the source knows.
  public let place: String?

  public init(_ value: Value, place: String? = nil) {
    (self.value, self.place) = (value, place)
  }

  public init(from decoder: any Decoder) throws {
    value = try Value(from: decoder)
    place = (decoder as? any PlacedDecoder)?.place
  }
}

/// A problem that a plugin found in its settings: the host adds file, line and column.
public struct SettingsProblem: Error, Sendable, CustomStringConvertible {
  /// What is wrong, in words.
  public let message: String
  /// The exact place, where the plugin knows it (a `Placed` value, or `FILE:LINE` of a list file).
  public let place: String?
  /// Whether a file's owner or mode is what is wrong: exit code 77 of commands that read it.
  public let isPermission: Bool

  public init(_ message: String, place: String? = nil, isPermission: Bool = false) {
    (self.message, self.place, self.isPermission) = (message, place, isPermission)
  }

  public var description: String { place.map { "\($0): \(message)" } ?? message }
}

/// Several problems that a plugin found in its settings, so that the operator sees all of them at once.
public struct SettingsProblems: Error, Sendable, CustomStringConvertible {
  /// The problems, at least one, in the order in which they stand.
  public let problems: [SettingsProblem]

  public init(_ problems: [SettingsProblem]) {
    self.problems = problems
  }

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
