import Foundation
import TestSupport

/// Something asked of a TLS listener by `Clients/tls_probe.py`, which looks at every record of the answer.
struct TLSProbe: Encodable, Sendable {
  /// What it does.
  enum Kind: String, Encodable, Sendable {
    /// Handshake of TLS, then of BitTorrent where there is a `hash`, and whatever comes.
    case ask
    /// The same, and a block.
    case fetch
    /// `bytes`, `times` over, without TLS.
    case raw
    /// A block, and then `bytes` in the middle of the stream of records.
    case insert
    /// A session that goes on with well-encrypted records of `bytes`, as the type `kind`.
    case sealed
    /// A block, and then the end of the connection without close_notify, after `bytes` where there are any.
    case truncate
    /// Hangs up in the middle of the handshake of TLS.
    case leave
    /// A session, and then another that would go on with the first, with what `then` changes.
    case resume
  }

  /// What a resumed session changes.
  struct Change: Encodable, Sendable {
    var name: String?
    var hash: String?
  }

  var label: String
  var peer: String
  var bind = "127.0.0.1"
  var probe = Kind.ask
  var certificate: String?
  var key: String?
  /// The server's name that is asked for (SNI).
  var name: String?
  /// The info-hash of the BitTorrent handshake, in hex.
  var hash: String?
  /// The only version of TLS that is offered.
  var version: String?
  var ciphers: String?
  /// Seconds between bytes.
  var drip: Double?
  /// In hex.
  var bytes: String?
  var times: Int?
  var kind: Int?
  var takes: Bool?
  /// A file whose coming a resumption waits for.
  var awaits: String?
  var then: Change?
  /// Seconds after which whatever has not happened does not.
  var limit: Double = 20

  /// Shows the certificate of this name.
  func showing(_ name: String?, of certificates: CertificateFolder) -> TLSProbe {
    var probe = self
    (probe.certificate, probe.key) = (name.map(certificates.certificate), name.map(certificates.key))
    return probe
  }
}

/// What could be seen from outside.
struct TLSSight: Decodable, Sendable {
  /// A second one where there was a session before.
  struct First: Decodable, Sendable {
    let served: Bool
    let resumable: Bool
  }

  /// What tells one answer from another, once the handshake of TLS is through in the client's eyes. Lengths of records, not their bytes, for
  /// those are encrypted.
  struct Answer: Hashable, Sendable {
    let connected: Bool
    let plaintext: Int
    let notify: Bool
    let alert: String?
    let late: [[Int]]
  }

  let name: String
  /// Whether the handshake was through in the client's eyes.
  let connected: Bool
  /// Bytes inside TLS that came from the server.
  let plaintext: Int
  /// Whether it got what it came for.
  let served: Bool
  /// Whether the close was announced by close_notify.
  let notify: Bool
  let end: String
  let alert: String?
  let late: [[Int]]
  let version: String?
  let reused: Bool
  let resumable: Bool
  let seconds: Double
  let first: First?

  var answer: Answer { Answer(connected: connected, plaintext: plaintext, notify: notify, alert: alert, late: late) }
  /// Who saw what: one entry where all saw the same.
  static func names(byAnswer sights: [TLSSight]) -> [Answer: [String]] {
    Dictionary(grouping: sights, by: \.answer).mapValues { $0.map(\.name) }
  }

  /// Whether the connection is over.
  var isOver: Bool { end == "closed" || end == "reset" }
}

extension TLSProbe {
  private struct Plan: Encodable { let probes: [TLSProbe] }

  /// Starts the probes, so many at a time; `sights` waits for what they saw.
  static func start(_ probes: [TLSProbe], atOnce count: Int = 8) throws -> RunningProbes {
    let folder = try TemporaryDirectory("probes")
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let plan = try folder.write(encoder.encode(Plan(probes: probes)), to: "plan.json")
    let process = try PythonScript.runner("tls_probe.py", ["--plan", plan, "--at-once", String(count)]).start()
    return RunningProbes(process: process, folder: folder)
  }

  /// Runs the probes; what each saw, in their order.
  static func run(_ probes: [TLSProbe], atOnce count: Int = 8) async throws -> [TLSSight] {
    try await start(probes, atOnce: count).sights()
  }
}

/// Probes under way.
struct RunningProbes: Sendable {
  fileprivate let process: RunningProcess
  fileprivate let folder: TemporaryDirectory

  func sights() async throws -> [TLSSight] {
    struct Output: Decodable { let reports: [TLSSight] }
    let exit = await process.exit(within: .seconds(120))
    if exit == nil { await process.kill() }
    guard exit == .code(0), let output = try? JSONDecoder().decode(Output.self, from: Data(process.output.utf8)) else {
      throw ProcessFailure("\(process.result(exit: exit))")
    }
    return output.reports
  }
}
