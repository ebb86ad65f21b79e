import ArgumentParser
import Control
import Foundation
import HTTPClient
import NIOPosix
import OpenSSL
import PluginKit
import Settings

/// Which running node a command asks, where it is not the one of this machine's state directory.
struct NodeOptions: ParsableArguments {
  @Option(help: "A node elsewhere, by its 'control' address, as https://depot-01.corp:6880 (default: the one of the state directory).")
  var node: String?
  @Option(
    help: """
      For --node: the entry of 'tls' in the configuration that is shown and trusted (default: the only one). Without a configuration, name \
      the files instead.
      """)
  var nodeTls: String?
  @Option(help: "For --node: the certificate that is shown, a PEM file.") var nodeCertificate: String?
  @Option(help: "For --node: its key, a PEM file.") var nodeKey: String?
  @Option(help: "For --node: the authorities that are trusted, a PEM file.") var nodeTrust: String?
  @Option(help: "For --node with http on this machine: a file with the token.") var nodeToken: String?

  func validate() throws {
    let files = [nodeCertificate, nodeKey, nodeTrust].compactMap { $0 }
    guard files.isEmpty || files.count == 3 else { throw ValidationError("--node-certificate, --node-key and --node-trust go together") }
    guard nodeTls == nil || files.isEmpty else { throw ValidationError("--node-tls, or three files: not both") }
    guard node != nil || (nodeTls == nil && files.isEmpty && nodeToken == nil) else { throw ValidationError("say which node: --node URL") }
    if let node { _ = try Self.url(node) }
  }

  var isRemote: Bool { node != nil }

  /// A client of the node that is named; nil where none is.
  func remote(_ common: CommonOptions) throws -> ControlClient? {
    guard let node else { return nil }
    let url = try Self.url(node)
    let security = try url.scheme == .https ? security(common) : nil
    return ControlClient(
      url: url, security: security, token: try nodeToken.map(Self.token), group: MultiThreadedEventLoopGroup.singleton)
  }

  /// A client of the node that is named, else of the one that runs here; throws where none does.
  func client(_ common: CommonOptions) throws -> ControlClient {
    try remote(common) ?? Workplace(common).requireRunningNode()
  }

  private static func url(_ text: String) throws -> HTTPURL {
    let url: HTTPURL
    do {
      url = try HTTPURL(text)
    } catch {
      throw ValidationError("--node: '\(text)' is no URL such as https://depot-01.corp:6880: \(error)")
    }
    guard url.scheme == .https || url.host.isOfThisMachine else {
      throw ValidationError("--node: a token could be read on its way: https, or http to this machine")
    }
    guard url.path == "/", url.query == nil else { throw ValidationError("--node: leave out what follows host and port") }
    return url
  }

  /// What follows a name, where the file is the node's own.
  private static func token(_ path: String) throws -> String {
    let lines = SecretLines.words(try SecretLines.read(path, "token"), path)
    guard let words = lines.first?.words, lines.count == 1, let token = words.count == 1 ? words.first : words.dropFirst().first else {
      throw Failure(.badData, "expected one line with the token, or NAME TOKEN", place: path)
    }
    return token
  }

  private func security(_ common: CommonOptions) throws -> HTTPSecurity {
    var loader = TLSLoader(now: Int64(time(nil)))
    let material = loader.fleet(try entry(common), isNode: false)
    guard let material else { throw Failure(.configuration, loader.faults.map(\.line)) }
    return HTTPSecurity(now: { Int64(time(nil)) }, context: { material.context })
  }

  private func entry(_ common: CommonOptions) throws -> TLSSettings.Entry {
    if let nodeCertificate, let nodeKey, let nodeTrust {
      return TLSSettings.Entry(
        name: "node",
        credentials: .init(
          certificate: .init(path: nodeCertificate, place: "--node-certificate"), key: .init(path: nodeKey, place: "--node-key")),
        trust: .init(path: nodeTrust, place: "--node-trust"), revoked: nil, minimum: .tls13, place: "--node-certificate")
    }
    let entries = try NodeConfiguration.load(common.config).settings.tls.entries
    if let nodeTls {
      guard let entry = entries.first(where: { $0.name == nodeTls }) else { throw Failure(.usage, "--node-tls: tls has no '\(nodeTls)'") }
      return entry
    }
    guard let entry = entries.first, entries.count == 1 else {
      throw Failure(.usage, "--node-tls: say which entry of tls is shown there: \(entries.map(\.name).joined(separator: ", "))")
    }
    return entry
  }
}

extension URLHost {
  /// Whether it is loopback, by its text.
  fileprivate var isOfThisMachine: Bool { bare == "localhost" || IPAddress(bare)?.isLoopback == true }
}
