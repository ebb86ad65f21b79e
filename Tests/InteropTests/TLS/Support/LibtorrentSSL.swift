import Foundation
import TestSupport

/// Sessions of libtorrent that speak of SSL torrents, played by `Clients/libtorrent_ssl.py`.
struct LibtorrentSSL: Sendable {
  /// One session.
  struct Member: Encodable, Sendable {
    var name: String
    var torrent: String
    /// Where its data is, or comes to.
    var to: String
    /// Its own address.
    var bind: String
    /// The port it listens on; 0 for any.
    var port = 0
    var certificate: String?
    var key: String?
    var passphrase: String?
    /// The file with parameters for a key exchange that nobody uses any more.
    var parameters: String?
    /// `HOST:PORT` of peers that it dials.
    var peers: [String] = []
    /// The name of a session of the same run that it dials.
    var dials: String?
    /// Whether it has all data.
    var seeds = false
    /// Bytes a second that it takes at most; 0 for as many as come.
    var rate = 0
    /// Seconds that it goes on after it was refused, to see whether something arrives all the same.
    var grace = 1.0
    /// Seconds after which nobody comes any more; 0 to wait for as long as the run lasts.
    var patience = 0.0

    /// Shows the certificate of this name.
    mutating func show(_ name: String, of certificates: CertificateFolder) {
      (certificate, key) = (certificates.certificate(name), certificates.key(name))
      parameters = certificates.parameters
    }
  }

  /// What became of a session.
  struct Report: Decodable, Sendable {
    let name: String
    let folder: String
    /// It has every byte.
    let finished: Bool
    /// Bytes of payload that arrived.
    let payload: Int
    let disconnects: Int
    let errors: [String]
  }

  private struct Plan: Encodable { let members: [Member] }

  /// A loopback address for a peer to be dialed at, the same for the same number (1 to 250). Nobody else's tests have it.
  static func listening(_ number: Int) -> String { "127.\(block.0).\(block.1).\(number)" }

  private static let block = (Int.random(in: 100...250), Int.random(in: 1...250))

  private let process: RunningProcess
  private let folder: TemporaryDirectory
  private let limit: Duration

  /// Starts the sessions; those with peers dial them at once.
  init(_ members: [Member], limit: Duration = .seconds(90)) throws {
    self.limit = limit
    folder = try TemporaryDirectory("libtorrent-ssl")
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let plan = try folder.write(encoder.encode(Plan(members: members)), to: "plan.json")
    process = try PythonScript.runner("libtorrent_ssl.py", ["--plan", plan, "--timeout", String(limit.seconds)]).start()
  }

  /// Waits until all of them can be dialed.
  func waitUntilListening() async throws { try await process.waitUntilSaying("listening") }

  /// What became of them, in their order; of those that neither finished nor were refused, when the time is over.
  func finish() async throws -> [Report] {
    struct Output: Decodable { let members: [Report] }
    guard let exit = await process.exit(within: limit + .seconds(20)) else {
      await process.kill()
      throw ProcessFailure("\(process.result(exit: nil))")
    }
    let lines = process.output.split(separator: "\n")
    guard let last = lines.last, let output = try? JSONDecoder().decode(Output.self, from: Data(last.utf8)) else {
      throw ProcessFailure("\(process.result(exit: exit))")
    }
    return output.members
  }
}

extension RunningProcess {
  /// Waits until it has printed this.
  func waitUntilSaying(_ text: String, within limit: Duration = .seconds(60)) async throws {
    try await wait(for: text, within: limit) { self.output }
  }

  /// The same of what it writes to its standard error.
  func waitUntilTelling(_ text: String, within limit: Duration = .seconds(30)) async throws {
    try await wait(for: text, within: limit) { self.errors }
  }

  private func wait(for text: String, within limit: Duration, in said: () -> String) async throws {
    let deadline = ContinuousClock.now + limit
    while !said().contains(text) {
      guard ContinuousClock.now < deadline, exit == nil else { throw ProcessFailure("it never said \(text): \(result(exit: exit))") }
      _ = await exit(within: .milliseconds(20))
    }
  }
}
