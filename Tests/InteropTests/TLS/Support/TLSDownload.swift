import Foundation
import TestSupport

/// Peers that download over TLS with `Clients/tls_download.py`, and go on where they were when a connection ends.
struct TLSDownload: Sendable {
  struct Plan: Encodable, Sendable {
    var torrent: String
    var hash: String
    /// The node, `HOST:PORT`.
    var peer: String
    /// The first peer's address; the others' are next to it.
    var bind: String
    var peers: Int
    /// Seconds between blocks.
    var pause: Double
    var timeout: Double = 60
    /// Read again at each connection.
    var certificate: String
    var key: String
    /// Who may have signed the node's certificate; read again at each connection.
    var authorities: String
    /// The server's name that is asked for (SNI).
    var name: String?
  }

  /// What became of a peer.
  struct Report: Decodable, Sendable {
    let whole: Bool
    let sha256: String
    let connections: Int
    /// How often a connection ended inside a message.
    let cut: Int
    /// How connections ended before the data was whole.
    let ends: [String]
    /// Why connections could not be made.
    let failures: [String]
    /// With how many certificates it connected.
    let certificates: Int
  }

  private let process: RunningProcess
  private let folder: TemporaryDirectory

  init(_ plan: Plan) throws {
    folder = try TemporaryDirectory("tls-download")
    let file = try folder.write(JSONEncoder().encode(plan), to: "plan.json")
    process = try PythonScript.runner("tls_download.py", ["--plan", file]).start()
  }

  /// Waits until the slowest peer has so many tenths.
  func waitUntil(tenths: Int) async throws { try await process.waitUntilSaying("progress \(tenths)\n") }

  func finish() async throws -> [Report] {
    struct Output: Decodable { let peers: [Report] }
    let exit = await process.exit(within: .seconds(150))
    if exit == nil { await process.kill() }
    let last = process.output.split(separator: "\n").last ?? ""
    guard let output = try? JSONDecoder().decode(Output.self, from: Data(last.utf8)) else {
      throw ProcessFailure("\(process.result(exit: exit))")
    }
    return output.peers
  }
}
