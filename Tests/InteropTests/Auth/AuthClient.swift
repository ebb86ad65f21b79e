import Foundation
import TestSupport

/// Clients in C++ that speak `gr_auth`: libtorrent with a plugin of the kind that a team would write, and a raw peer over TLS.
struct AuthClient: Sendable {
  /// What one of them reports.
  struct Report: Decodable, Sendable {
    let finished: Bool
    let downloaded: Int
    /// Whether the other end has proven itself.
    let proven: Bool
    /// The payload of `gr_auth` that it sent, in hex.
    let proof: String
    let refused: String
    let heard: [String]
    let ends: [String]
  }

  /// What the raw peer reports.
  struct LinkReport: Decodable, Sendable {
    let asked: Bool
    let proven: Bool
    let after: [Int]
  }

  private let folder: TemporaryDirectory

  /// Compiled once for all tests.
  private static let compiled = Task { try await compile() }

  static func make() async throws -> AuthClient { try await compiled.value }

  private static func compile() async throws -> AuthClient {
    let folder = try TemporaryDirectory("auth-client")
    let flags = try await ProcessRunner("pkg-config", ["--cflags", "--libs", "libtorrent-rasterbar", "openssl"]).output()
    for name in ["auth_peer", "auth_link"] {
      let source = Bundle.module.bundlePath + "/Clients/\(name).cpp"
      let arguments = ["-std=c++17", "-O1", "-w", "-o", folder.path(name), source] + flags.split { $0.isWhitespace }.map(String.init)
      _ = try await ProcessRunner("g++", arguments).output(within: .seconds(300))
    }
    return AuthClient(folder: folder)
  }

  /// libtorrent with the plugin, at work.
  func start(_ torrent: String, into place: String, _ arguments: [String], limit: Duration = .seconds(30)) throws -> RunningProcess {
    let all = ["--torrent", torrent, "--to", place, "--timeout", String(limit.seconds)] + arguments
    return try ProcessRunner(folder.path("auth_peer"), all).start()
  }

  /// libtorrent with the plugin, until it has everything or its connection has ended.
  func run(_ torrent: String, into place: String, _ arguments: [String], limit: Duration = .seconds(30)) async throws -> Report {
    let process = try start(torrent, into: place, arguments, limit: limit)
    return try await report(of: process, within: limit + .seconds(10))
  }

  func report(of process: RunningProcess, within limit: Duration) async throws -> Report {
    guard let exit = await process.exit(within: limit) else { throw ProcessFailure("auth_peer did not end: \(process.errors)") }
    let result = process.result(exit: exit)
    guard let report = try? JSONDecoder().decode(Report.self, from: Data(result.output.utf8)) else { throw ProcessFailure("\(result)") }
    return report
  }

  /// The raw peer over TLS.
  func link(_ arguments: [String]) async throws -> LinkReport {
    let text = try await ProcessRunner(folder.path("auth_link"), arguments).output()
    return try JSONDecoder().decode(LinkReport.self, from: Data(text.utf8))
  }
}
