import Foundation
import PluginKit
import Settings

/// The lines that loading this text as a node's settings gives; empty where it is accepted.
func problems(_ yaml: String, environment: SettingsEnvironment = SettingsEnvironment()) -> [String] {
  do throws(SettingsErrors) {
    _ = try load(yaml, environment: environment)
    return []
  } catch {
    return error.lines.map(\.description)
  }
}

/// The node's settings in this text, which is in `/etc/granary/n.yaml`. Places say `n.yaml`.
func load(_ yaml: String, environment: SettingsEnvironment = SettingsEnvironment()) throws(SettingsErrors) -> NodeSettings {
  var environment = environment
  environment.currentDirectory = "/etc/granary"
  return try NodeSettings.load(bytes: Array(yaml.utf8), file: "n.yaml", environment: environment)
}

/// The lines that parsing these bytes gives.
func syntaxProblems(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) -> [String] {
  do throws(SettingsErrors) {
    _ = try YAMLDocument(parsing: bytes, file: "t", limits: limits)
    return []
  } catch {
    return error.lines.map(\.description)
  }
}

func syntaxProblems(_ yaml: String) -> [String] { syntaxProblems(Array(yaml.utf8)) }

/// The lines that decoding this text as the type gives.
func decodingProblems<T: Decodable>(_ type: T.Type, _ yaml: String) -> [String] {
  do {
    _ = try decode(type, yaml)
    return []
  } catch {
    return (error as? SettingsErrors)?.lines.map(\.description) ?? ["not SettingsErrors: \(error)"]
  }
}

func decode<T: Decodable>(_ type: T.Type, _ yaml: String) throws -> T {
  try NodeSource(YAMLDocument(parsing: Array(yaml.utf8), file: "t")).decode(type)
}

/// The repository's `config` folder.
let configFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "config").path
