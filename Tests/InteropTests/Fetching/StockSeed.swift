import Foundation
import TestSupport
import Testing

/// A stock client that seeds an artifact from its data.
struct StockSeed: Sendable {
  let process: RunningProcess
  /// `HOST:PORT`.
  let endpoint: String

  private struct Word: Decodable {
    let ok: Bool
    let log: String
  }

  /// Starts it, and waits until it seeds.
  static func start(
    _ client: StockClient, _ torrent: String, data: String, at address: String = "127.0.0.5", options: [String] = [],
    limit: Duration = .seconds(40)
  ) async throws -> StockSeed {
    let (port, rpc) = (try FreePort.pick(), try FreePort.pick())
    let arguments = [
      "--client", client.rawValue, "--torrent", torrent, "--data", data, "--to", data, "--bind", address, "--port", "\(port)", "--rpc-port",
      "\(rpc)", "--timeout", String(limit.seconds),
    ]
    let process = try PythonScript.runner("stock_seed.py", arguments + options).start()
    let deadline = ContinuousClock.now + limit + .seconds(5)
    while ContinuousClock.now < deadline, process.exit == nil, !process.output.contains("\n") {
      _ = await process.exit(within: .milliseconds(20))
    }
    guard let word = try? JSONDecoder().decode(Word.self, from: Data(process.output.utf8)), word.ok else {
      throw ProcessFailure("\(client) does not seed: \(process.output) \(process.errors)")
    }
    return StockSeed(process: process, endpoint: "\(address):\(port)")
  }

  func stop() async throws { try await process.terminate() }
}

/// What `granary fetch --json` prints.
struct GranaryFetch: Decodable, Sendable {
  let name: String
  let state: String
  let reason: String?
  let size: Int64
  let left: Int64
  let downloaded: Int64
  let wasted: Int64
  let pieces: Int
  let piecesHeld: Int
  let failedPieces: Int
}

extension GranaryHost {
  /// A host that fetches: its own artifacts come to lie in `data/`.
  static func replica(_ change: (inout GranaryConfiguration) -> Void = { _ in }) throws -> GranaryHost {
    var configuration = GranaryConfiguration()
    configuration.listen = ["127.0.0.6:0"]
    change(&configuration)
    return try GranaryHost(configuration)
  }

  /// The command that fetches what a torrent or link names.
  func fetching(_ what: String, from peers: [String], _ options: [String] = [], limit: String = "150s") -> ProcessRunner {
    command(["fetch", what, "--to", folder.path("data"), "--for", limit, "--json"] + peers.flatMap { ["--peer", $0] } + options)
  }

  /// Fetches it, which must succeed.
  @discardableResult
  func fetch(_ what: String, from peers: [String], _ options: String..., limit: String = "150s") async throws -> GranaryFetch {
    let text = try await fetching(what, from: peers, options, limit: limit).output(within: .seconds(180))
    return try GranaryJSON.decode(GranaryFetch.self, schema: "granary.fetch/1", from: text)
  }

  /// Expects that the artifact is whole, where it belongs, and alone there.
  func expectFetched(_ original: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let name = URL(fileURLWithPath: original).lastPathComponent
    let differences = try TreeComparison.differences(expected: original, actual: folder.path("data/" + name), leniency: .none)
    #expect(differences == [], sourceLocation: sourceLocation)
    #expect(try folder.entries("data") == [name], sourceLocation: sourceLocation)
  }
}
