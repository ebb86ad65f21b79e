import Foundation
internal import PluginKit

/// The files of rules that `rules` names, in the order in which they count: as listed, and for a pattern by their names.
struct GateFiles {
  /// A file's rules.
  struct File: Sendable {
    /// Its name without folders, as rules are called by.
    let name: String
    let lists: GateLists
  }

  private let services: PluginServices
  private(set) var files: [File] = []
  private(set) var warnings: [String] = []
  private(set) var problems: [SettingsProblem] = []

  /// Reads every file. Throws what the reader of settings throws for a file that makes no sense.
  init(_ names: [Placed<String>], _ services: PluginServices) throws {
    self.services = services
    for name in names { try read(name) }
  }

  private mutating func read(_ name: Placed<String>) throws {
    let path = services.resolve(name.value)
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let folder = parts.dropLast().joined(separator: "/")
    guard let last = parts.last, path.contains("*") else { return try read(path, name.place) }
    guard !folder.contains("*") else {
      return problems.append(SettingsProblem("rules: '\(name.value)': only the last part of a path may be a pattern", place: name.place))
    }
    let paths: [String]
    do throws(Glob.Problem) {
      paths = Self.paths(matching: try Glob(String(last), .path), in: folder)
    } catch {
      return problems.append(SettingsProblem("rules: '\(name.value)': \(error)", place: name.place))
    }
    let kept = KeptFile<[String]>(key: "rules", path: path, place: name.place, plugin: GatePlugin.name)
    guard let settled = kept.settle(paths.isEmpty ? .nothing("names no file") : .content(paths), services) else {
      return problems.append(SettingsProblem("rules: \(path) names no file", place: name.place))
    }
    if let warning = settled.warning { warnings.append(warning) }
    for path in settled.content { try read(path, name.place) }
  }

  private mutating func read(_ path: String, _ place: String?) throws {
    let kept = KeptFile<GateLists>(key: "rules", path: path, place: place, plugin: GatePlugin.name)
    let found = try look(at: path)
    guard let settled = kept.settle(found, services) else {
      if case .nothing(let reason) = found { problems.append(SettingsProblem("rules: \(path) \(reason)", place: place)) }
      return
    }
    if let warning = settled.warning { warnings.append(warning) }
    files.append(File(name: path.split(separator: "/").last.map(String.init) ?? path, lists: settled.content))
  }

  private func look(at path: String) throws -> KeptFile<GateLists>.Found {
    let source: any SettingsSource
    do {
      source = try services.documents.open(path, isSecret: false)
    } catch let problem as SettingsProblem {
      return .nothing("cannot be used: \(problem.message)")
    }
    let lists = try source.decode(GateLists.self)
    return lists.isEmpty ? .nothing("has no rules") : .content(lists)
  }

  /// The files of a folder, by their names' bytes: the order in which a file system has them does not matter. Hidden ones are left out.
  private static func paths(matching glob: Glob, in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "/" : folder)) ?? []
    return names.filter { !$0.hasPrefix(".") && glob.matches($0) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .map { "\(folder)/\($0)" }
  }
}
