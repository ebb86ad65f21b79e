import Foundation
import TestSupport

/// A node with `auth` in its pipeline, and artifacts to ask it for.
struct AuthHost: Sendable {
  static let secret = String(repeating: "5a", count: 32)

  let host: GranaryHost
  let original: String
  let artifact: GranaryArtifact
  /// Further artifacts.
  let others: [GranaryArtifact]
  let node: GranaryProcess
  /// The public half of the node's own key.
  let publicKey: String

  /// - Parameters:
  ///   - keys: entries of the key file beside the shared key `fleet-1`, YAML flow mappings.
  ///   - settings: further keys of `auth`'s settings.
  static func make(keys: [String] = [], settings: String = "", _ kind: String = "--v1", also: [String] = []) async throws -> AuthHost {
    var configuration = GranaryConfiguration()
    configuration.auth = "{ keys: auth.yaml, requires: none\(settings) }"
    return try await make(configuration, keys: keys, kind, also: also)
  }

  static func make(
    _ configuration: GranaryConfiguration, keys: [String] = [], _ kind: String = "--v1", also: [String] = []
  ) async throws -> AuthHost {
    let host = try GranaryHost(configuration)
    let own = try await ownKey("depot", host.folder.path("own.yaml"))
    let entries = ["{ id: fleet-1, secret: \(secret) }"] + keys
    try write(["own: { id: depot, private: \(own.seed) }", "keys:"] + entries.map { "  - \($0)" }, to: "auth.yaml", in: host)
    let original = try Artifacts.file(1_500_001, in: host.folder, named: "data/prize")
    let artifact = try await host.publish(original, kind)
    var others: [GranaryArtifact] = []
    for name in also { others.append(try await host.publish(try host.make(.singleFile, named: name, seed: 2), kind)) }
    return AuthHost(
      host: host, original: original, artifact: artifact, others: others, node: try await host.start(), publicKey: own.publicKey)
  }

  /// A key made by `granary keys new`: its seed, and its public half.
  static func ownKey(_ id: String, _ path: String) async throws -> (seed: String, publicKey: String) {
    let text = try await ProcessRunner(GranaryHost.binary, ["keys", "new", "--id", id, "--output", path, "--json"]).output()
    let file = try String(contentsOfFile: path, encoding: .utf8)
    guard let seed = hex(after: "private: ", in: file), let publicKey = hex(after: "public: ", in: text) else {
      throw ProcessFailure("keys new: \(text)")
    }
    return (seed, publicKey)
  }

  private static func hex(after mark: String, in text: String) -> String? {
    text.range(of: mark).map { String(text[$0.upperBound...].prefix { $0.isHexDigit }) }
  }

  static func write(_ lines: [String], to name: String, in host: GranaryHost) throws {
    try host.folder.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: name)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: host.folder.path(name))
  }

  /// The reasons for which the node has refused an address.
  func reasons(of address: String = "127.0.0.1") async throws -> [String] {
    try await host.refusals(of: address).compactMap(\.reason)
  }

  /// libtorrent with the plugin asks this node.
  func fetch(_ arguments: [String], of wanted: GranaryArtifact? = nil) async throws -> (report: AuthClient.Report, differences: [String]) {
    let folder = try TemporaryDirectory("fetched")
    let client = try await AuthClient.make()
    let report = try await client.run((wanted ?? artifact).torrent, into: folder.path, ["--peer", node.endpoint()] + arguments)
    guard report.finished else { return (report, ["not finished"]) }
    let copy = folder.path(URL(fileURLWithPath: original).lastPathComponent)
    return (report, try TreeComparison.differences(expected: original, actual: copy, leniency: .none))
  }
}
