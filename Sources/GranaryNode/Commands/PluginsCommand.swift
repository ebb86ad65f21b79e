import ArgumentParser
import Control
import PluginKit

struct PluginsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugins", abstract: "What can stand in the pipeline, with the hooks that each answers.")

  private struct Document: Encodable {
    struct Entry: Encodable {
      let name: String
      let summary: String
      let hooks: [String]
    }

    let schema = "granary.plugins/1"
    let plugins: [Entry]
  }

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let entries = KnownPlugins.registry.entries.map {
      Document.Entry(name: $0.name, summary: $0.summary, hooks: $0.hooks.map(\.rawValue))
    }
    if common.json { return try Console.print(document: Document(plugins: entries)) }
    for entry in entries { Console.print("\(entry.name): \(entry.summary)\n  hooks: \(entry.hooks.joined(separator: ", "))") }
  }
}
