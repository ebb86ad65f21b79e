import ArgumentParser
import Control
import Foundation
import Inventory
import PluginKit
import Settings

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Do everything that run does before it opens a socket, and print the effective pipeline.")

  private struct Document: Encodable {
    struct Entry: Encodable {
      let name: String
      let place: String
      let guards: [String]
      let hooks: [String]
      let onError: String
      let mode: String

      enum CodingKeys: String, CodingKey {
        case name, place, guards, hooks, mode
        case onError = "on_error"
      }
    }

    struct Key: Encodable {
      let path: String
      let effect: String
      let defaultValue: String
      let summary: String

      enum CodingKeys: String, CodingKey {
        case path, effect, summary
        case defaultValue = "default"
      }
    }

    let schema = "granary.check/1"
    let file: String
    let node: String
    let listen: [String]
    let pipeline: [Entry]
    let warnings: [String]
    /// With `--explain` only.
    let keys: [Key]?
  }

  @OptionGroup var common: CommonOptions
  @Flag(help: "List every key with its default, and whether it reloads on SIGHUP or needs a restart.") var explain = false

  func run() async throws {
    let configuration = try NodeConfiguration.load(common.config)
    let settings = configuration.settings
    let (pipeline, links) = try configuration.rehearse()
    let document = document(settings, pipeline, certificates(configuration, links))
    if common.json { return try Console.print(document: document) }
    for warning in document.warnings { Console.note("granary: warning: \(warning)") }
    Console.print("\(document.file): fine")
    Console.print("node \(document.node), listening on \(settings.listen.map(\.described).joined(separator: ", "))")
    for (index, entry) in document.pipeline.enumerated() {
      let guards = entry.guards.isEmpty ? "" : "  guards \(entry.guards.joined(separator: ", "))"
      let hooks = entry.hooks.isEmpty ? "" : "  hooks \(entry.hooks.joined(separator: ", "))"
      let onError = entry.onError == OnError.deny.rawValue ? "" : "  on-error \(entry.onError)"
      let mode = entry.mode == PluginMode.enforce.rawValue ? "" : "  mode \(entry.mode)"
      Console.print("\(index + 1). \(entry.name) (\(entry.place))\(guards)\(hooks)\(onError)\(mode)")
    }
    for key in document.keys ?? [] { Console.print("\(key.path)  [\(key.effect)]  default \(key.defaultValue)  \(key.summary)") }
  }

  /// What is to be said of certificates, and of the SSL torrents of the inventory.
  private func certificates(_ configuration: NodeConfiguration, _ links: LinkKeeper) -> [String] {
    let now = WallTime.now.seconds
    let inventory = configuration.paths.inventory
    if access(inventory, F_OK) == 0, let artifacts = try? InventoryDatabase.open(readingAt: inventory).sslArtifacts() {
      links.put(artifacts, now: now)
    }
    return links.warnings(now: now).map(\.text)
  }

  private func document(_ settings: NodeSettings, _ pipeline: Pipeline, _ certificates: [String]) -> Document {
    let entries = pipeline.plugins.map { installed in
      Document.Entry(
        name: installed.name, place: installed.place, guards: installed.plugin.guards.map(\.rawValue).sorted(),
        hooks: KnownPlugins.registry.entry(named: installed.name)?.hooks.map(\.rawValue) ?? [],
        onError: installed.onError.rawValue, mode: installed.mode.rawValue)
    }
    let warnings =
      settings.warnings.map(\.description) + certificates
      + pipeline.plugins.flatMap { installed in
        installed.plugin.warnings.map { "\(installed.place): \(installed.name): \($0)" }
      } + pipeline.shadowWarnings + pipeline.failOpenWarnings + (pipeline.isGuarded ? [] : [pipeline.unguardedWarning])
    return Document(
      file: settings.file, node: settings.node.name, listen: settings.listen.map { "\($0.address)" }, pipeline: entries, warnings: warnings,
      keys: explain ? keys : nil)
  }

  private var keys: [Document.Key] {
    ReloadableKeys.all.map { .init(path: $0.path, effect: $0.effect.rawValue, defaultValue: $0.defaultValue, summary: $0.summary) }
  }
}

extension NodeSettings.Listener {
  fileprivate var described: String { "\(address)" + (security.name.map { " (TLS: \($0))" } ?? "") }
}

extension Pipeline {
  /// Guards that guard nothing.
  fileprivate var shadowWarnings: [String] {
    plugins.filter { $0.isShadow && !$0.plugin.guards.isEmpty }.map { installed in
      let guarded = installed.plugin.guards.map(\.rawValue).sorted().joined(separator: ", ")
      return "\(installed.place): \(installed.name): mode: shadow: it is asked about \(guarded), and nothing comes of its answers"
    }
  }

  /// Guards that no longer guard once they are tripped.
  fileprivate var failOpenWarnings: [String] {
    plugins.filter { !$0.isShadow && $0.onError != .deny && !$0.plugin.guards.isEmpty }.map { installed in
      let guarded = installed.plugin.guards.map(\.rawValue).sorted().joined(separator: ", ")
      return
        "\(installed.place): \(installed.name): on-error: \(installed.onError.rawValue): once it is tripped it no longer guards \(guarded)"
    }
  }

  fileprivate var unguardedWarning: String {
    if guards(of: .connect).isEmpty, !shadows(of: .connect).isEmpty {
      return "what says who may connect is in shadow: anybody who reaches a listener may"
    }
    return guards(of: .connect).isEmpty
      ? "nothing in the pipeline says who may connect: anybody who reaches a listener may"
      : "no guard of connect has on-error: deny: once they are tripped, anybody who reaches a listener may connect"
  }
}
