package import PluginKit

/// An entry of `pipeline`: a plugin's name, or a mapping of that one name to its settings.
package struct PluginEntry: Sendable {
  /// The plugin's name as it is written; whether there is such a plugin is the registry's to know.
  package let name: String
  /// `FILE:LINE:COLUMN` of the name.
  package let place: String
  /// Where the plugin's settings come from.
  package let source: NodeSource

  /// The same for `PipelineBuilder`.
  package var pipelineEntry: PipelineEntry { PipelineEntry(name: name, place: place, settings: source) }
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
      let pair = try Self.only(pairs, strict)
      // Settings that are not there have the place of the name; libyaml puts them behind the colon.
      let settings = pair.value.isNull ? .null(at: pair.keyMark) : pair.value
      self.init(name: pair.key, mark: pair.keyMark, settings: settings, strict)
    case .scalar, .sequence:
      throw Mismatch(expected: "a plugin's name, or a mapping of one name to its settings", found: strict.node)
    }
  }

  private init(name: String, mark: YAMLMark, settings: YAMLNode, _ decoder: StrictDecoder) {
    (self.name, place) = (name, mark.place(in: decoder.pass.file))
    source = NodeSource(node: settings, file: decoder.pass.file, path: decoder.path.appending(.key(name)))
  }

  private static func only(_ pairs: [YAMLPair], _ decoder: StrictDecoder) throws -> YAMLPair {
    guard let first = pairs.first else { throw SettingsProblem("expected a plugin's name, found an empty mapping") }
    guard pairs.count > 1 else { return first }
    let later = pairs.filter { ["mode", "on-error"].contains($0.key) }
    guard later.isEmpty else {
      throw DecodingFailure(
        problems: later.map { Problem(mark: $0.keyMark, path: decoder.path, message: "'\($0.key)' is not in this build") })
    }
    let message = """
      two keys in one entry, '\(printable(first.key))' and '\(printable(pairs[1].key))': \
      indent the settings of '\(printable(first.key))' further, or begin another entry with a dash
      """
    throw SettingsProblem(message, place: pairs[1].keyMark.place(in: decoder.pass.file))
  }
}
