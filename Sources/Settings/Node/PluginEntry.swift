package import PluginKit

/// An entry of `pipeline`: a plugin's name, or a mapping of that one name to its settings, with `on-error`, `budget` and `mode` beside it.
package struct PluginEntry: Sendable {
  /// The plugin's name as it is written; whether there is such a plugin is the registry's to know.
  package let name: String
  /// `FILE:LINE:COLUMN` of the name.
  package let place: String
  /// Where the plugin's settings come from.
  package let source: NodeSource
  /// What holds once the plugin is past its budget.
  package let onError: OnError
  /// How often it may fail and how much time it may take.
  package let budget: FaultBudget.Limits
  /// Whether what the plugin says holds.
  package let mode: PluginMode

  /// The same for `PipelineBuilder`.
  package var pipelineEntry: PipelineEntry {
    PipelineEntry(name: name, place: place, settings: source, onError: onError, budget: budget, mode: mode)
  }
}

extension PluginEntry: Decodable {
  package init(from decoder: any Decoder) throws {
    guard let strict = decoder as? StrictDecoder else {
      throw SettingsProblem("an entry of the pipeline can only be read from a YAML file")
    }
    strict.pass.open(strict.path)
    switch strict.node.content {
    case .scalar(let scalar) where scalar.kind == .string && !scalar.text.isEmpty:
      self.init(name: scalar.text, mark: strict.node.mark, settings: .null(at: strict.node.mark), strict)
    case .mapping(let pairs):
      let pair = try Self.only(pairs.filter { BesideName(rawValue: $0.key) == nil }, pairs, strict)
      // Settings that are not there have the place of the name; libyaml puts them behind the colon.
      let settings = pair.value.isNull ? .null(at: pair.keyMark) : pair.value
      let onError = try Self.value(OnError.self, .onError, pairs, strict)
      let budget = try Self.value(BudgetSection.self, .budget, pairs, strict)
      let mode = try Self.value(PluginMode.self, .mode, pairs, strict)
      self.init(name: pair.key, mark: pair.keyMark, settings: settings, strict, onError: onError, budget: budget, mode: mode)
    case .scalar, .sequence:
      throw Mismatch(expected: "a plugin's name, or a mapping of one name to its settings", found: strict.node)
    }
  }

  private init(
    name: String, mark: YAMLMark, settings: YAMLNode, _ decoder: StrictDecoder, onError: OnError? = nil, budget: BudgetSection? = nil,
    mode: PluginMode? = nil
  ) {
    (self.name, place) = (name, mark.place(in: decoder.pass.file))
    (self.onError, self.budget, self.mode) = (onError ?? .deny, budget?.limits ?? FaultBudget.Limits(), mode ?? .enforce)
    source = NodeSource(node: settings, file: decoder.pass.file, path: decoder.path.appending(.key(name)))
  }

  private static func value<Value: Decodable>(
    _ type: Value.Type, _ key: BesideName, _ pairs: [YAMLPair], _ decoder: StrictDecoder
  ) throws -> Value? {
    guard let pair = pairs.first(where: { $0.key == key.rawValue }) else { return nil }
    return try decoder.child(pair.value, .key(pair.key)).optionalValue(type)
  }

  /// The one plugin's name of an entry.
  private static func only(_ names: [YAMLPair], _ all: [YAMLPair], _ decoder: StrictDecoder) throws -> YAMLPair {
    guard let first = names.first else {
      let found = all.first.map { "'\($0.key)', which stands beside one" } ?? "an empty mapping"
      throw SettingsProblem("expected a plugin's name, found \(found)")
    }
    guard names.count > 1 else { return first }
    let message = """
      two keys in one entry, '\(printable(first.key))' and '\(printable(names[1].key))': \
      indent the settings of '\(printable(first.key))' further, or begin another entry with a dash
      """
    throw SettingsProblem(message, place: names[1].keyMark.place(in: decoder.pass.file))
  }
}

/// What may stand beside a plugin's name, and therefore is no plugin's.
private enum BesideName: String {
  case onError = "on-error"
  case budget
  case mode
}

extension OnError: Decodable {}
extension PluginMode: Decodable {}

/// `budget` of an entry.
private struct BudgetSection: Decodable {
  let faults: FaultRate?
  let late: BoundedSpan<1, 60_000>?
  let time: BoundedSpan<1, 1000>?

  var limits: FaultBudget.Limits {
    var limits = FaultBudget.Limits()
    if let faults { (limits.faults, limits.window) = (faults.count, faults.window.duration) }
    if let late { limits.late = late.value.duration }
    if let time { limits.time = time.value.duration }
    return limits
  }
}

/// How many faults there may be in a time: `10/1m`.
private struct FaultRate: TextValue {
  let count: Int
  let window: TimeSpan

  static let expected = "faults in a time such as 10/1m"

  init(text: String) throws(SettingsProblem) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let quantity = Quantity(String(parts[0])), quantity.unit.isEmpty else { throw Self.mismatch(text) }
    guard (1...10_000).contains(quantity.number) else { throw Self.mismatch(text, "there may be 1 to 10000") }
    window = try TimeSpan(text: String(parts[1]))
    guard (1000...86_400_000).contains(window.milliseconds) else { throw Self.mismatch(text, "the time is 1s to 1d") }
    count = Int(quantity.number)
  }
}
