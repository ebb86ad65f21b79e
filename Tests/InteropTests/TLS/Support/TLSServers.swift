import Foundation
import TestSupport

/// Peers that a node dials over TLS, played by `Clients/tls_server.py`.
struct TLSServers: Sendable {
  /// One of them: where it listens and what it shows.
  struct Plan: Encodable, Sendable {
    var label: String
    var bind: String
    var port = 7001
    var certificate: String
    var key: String
    /// Who may have signed what the node shows.
    var authorities: String
    var version: String?
    /// Speaks no TLS.
    var plain = false
  }

  /// What the node said to it.
  struct Report: Decodable, Sendable {
    let label: String
    /// It connected at all.
    let came: Bool
    /// The handshake was finished on both sides.
    let connected: Bool
    /// It showed a certificate.
    let certified: Bool
    /// Bytes inside TLS, in what came first.
    let plaintext: Int
    let alert: String?
    /// The server's name that it asked for (SNI).
    let name: String?
  }

  private let process: RunningProcess
  private let folder: TemporaryDirectory

  /// Starts them, and waits until they can be dialed.
  static func start(_ servers: [Plan], limit: Duration = .seconds(45)) async throws -> TLSServers {
    let servers = try TLSServers(servers, limit)
    try await servers.process.waitUntilSaying("listening")
    return servers
  }

  private init(_ servers: [Plan], _ limit: Duration) throws {
    folder = try TemporaryDirectory("tls-servers")
    let plan = try folder.write(JSONEncoder().encode(["servers": servers]), to: "plan.json")
    process = try PythonScript.runner("tls_server.py", ["--plan", plan, "--timeout", String(limit.seconds)]).start()
  }

  /// What they were told, in their order.
  func finish() async throws -> [Report] {
    struct Output: Decodable { let reports: [Report] }
    let exit = await process.exit(within: .seconds(150))
    if exit == nil { await process.kill() }
    let last = process.output.split(separator: "\n").last ?? ""
    guard let output = try? JSONDecoder().decode(Output.self, from: Data(last.utf8)) else {
      throw ProcessFailure("\(process.result(exit: exit))")
    }
    return output.reports
  }
}
