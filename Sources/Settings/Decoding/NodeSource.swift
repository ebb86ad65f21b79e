package import PluginKit

/// A plugin's settings as they stand in the YAML.
package struct NodeSource: SettingsSource, Sendable {
  /// The settings; null where the entry is only a name.
  package let node: YAMLNode
  /// The file's name in messages.
  package let file: String
  private let path: SettingsPath

  init(node: YAMLNode, file: String, path: SettingsPath) {
    (self.node, self.file, self.path) = (node, file, path)
  }

  /// The settings of the document as a whole.
  package init(_ document: YAMLDocument) {
    self.init(node: document.root, file: document.file, path: SettingsPath())
  }

  /// `FILE:LINE:COLUMN` of the settings, or of the entry's name where it has none.
  package var place: String { node.mark.place(in: file) }

  /// The settings as the type wants them; nothing is an empty mapping. Throws `SettingsErrors` with every problem that can be found.
  package func decode<Settings: Decodable>(_ type: Settings.Type) throws -> Settings {
    let decoded = StrictDecoding.decode(type, from: node, file: file, path: path)
    guard let value = decoded.value, decoded.problems.isEmpty else { throw SettingsErrors(decoded.problems, file: file) }
    return value
  }
}

extension SettingsErrors {
  /// What a settings source threw, as the builder of a pipeline wants it; nil where it is someone else's error.
  package static func explain(_ error: any Error) -> [PipelineProblem]? {
    guard let errors = error as? SettingsErrors else { return nil }
    return errors.lines.map { line in
      PipelineProblem(place: line.place, message: line.path.isEmpty ? line.message : "\(line.path): \(line.message)")
    }
  }
}
