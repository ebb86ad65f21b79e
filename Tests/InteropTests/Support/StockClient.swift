import Foundation
import TestSupport
import Testing

/// Software that we did not write, with the driver in `Clients/` that makes it download.
enum StockClient: String, Sendable, CaseIterable, CustomTestStringConvertible {
  case libtorrent, transmission, aria2, rtorrent

  var testDescription: String { rawValue }

  /// What is known to differ in a complete download of this client's.
  var leniency: TreeComparison.Leniency {
    switch self {
    case .transmission: .emptyEntriesMayLack
    case .rtorrent: .padFilesMayShow
    case .libtorrent, .aria2: .none
    }
  }
}

/// What a driver reports.
struct ClientReport: Decodable, Sendable {
  /// One of libtorrent's sessions.
  struct Session: Decodable, Sendable {
    let bind: String
    let folder: String
    let finished: Bool
    let metadataReceived: Bool
    let infoHashV1: String?
    let infoHashV2: String?
    /// Bytes of payload that arrived.
    let payload: Int
    let wanted: Int
    let hashFailures: Int
    let disconnects: Int
    let errors: [String]
    /// It wanted data and was choked, at any time.
    let waitedChoked: Bool
    /// It wanted data and was choked after having been unchoked.
    let chokedAgain: Bool
  }

  let client: String
  let ok: Bool
  let seconds: Double
  let sessions: [Session]?
  let log: String?
}

/// One download with a stock client.
struct Download: Sendable {
  /// What tells the client what to download.
  enum Source: Sendable {
    case torrent(String)
    case magnet(String)

    var arguments: [String] {
      switch self {
      case .torrent(let file): ["--torrent", file]
      case .magnet(let link): ["--magnet", link]
      }
    }
  }

  var client: StockClient
  var source: Source
  /// The client's own address.
  var address = "127.0.0.1"
  /// The network namespace that it runs in.
  var member: NetworkNamespaces.Member?
  /// `HOST:PORT` of peers that it is told of (libtorrent only).
  var peers: [String] = []
  /// Further options of the driver.
  var options: [String] = []
  /// How long it may take.
  var limit: Duration = .seconds(60)

  /// Downloads into the folder; gives the report, whether the download was complete or not.
  func run(into folder: String) async throws -> ClientReport {
    let result = try await start(into: folder).finish(within: limit + .seconds(15))
    return try ClientReport.read(result)
  }

  /// Starts the driver.
  func start(into folder: String) throws -> RunningDownload {
    var arguments = source.arguments + ["--to", folder, "--bind", member?.address ?? address, "--timeout", String(limit.seconds)]
    arguments += peers.flatMap { ["--peer", $0] } + options
    let runner = PythonScript.runner(client.rawValue + "_download.py", arguments)
    return RunningDownload(process: try (member?.wrap(runner) ?? runner).start())
  }
}

/// A driver at work.
struct RunningDownload: Sendable {
  let process: RunningProcess

  /// Waits until the driver has reported.
  func finish(within limit: Duration) async throws -> ProcessResult {
    guard let exit = await process.exit(within: limit) else {
      try await process.terminate()
      throw ProcessFailure("a client's driver ran past its own deadline: \(process.errors)")
    }
    return process.result(exit: exit)
  }
}

extension ClientReport {
  static func read(_ result: ProcessResult) throws -> ClientReport {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let report = try? decoder.decode(ClientReport.self, from: Data(result.output.utf8)) else { throw ProcessFailure("\(result)") }
    return report
  }
}

/// The scripts in `Clients/`, run by Debian's Python, for which Debian's libtorrent is built.
enum PythonScript {
  static func runner(_ name: String, _ arguments: [String]) -> ProcessRunner {
    let script = Bundle.module.bundlePath + "/Clients/" + name
    return ProcessRunner("/usr/bin/python3", [script] + arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1"])
  }
}
