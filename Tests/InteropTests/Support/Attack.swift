import Foundation
import TestSupport
import Testing

/// One way to harm a node, played by `Clients/attack.py`.
struct Attack: Sendable, CustomTestStringConvertible {
  /// What is to become of the attacker.
  enum Outcome: Sendable {
    /// Its connections are ended, and the journal says why.
    case refused
    /// It may go on, or be refused: it harms nobody else.
    case bounded
  }

  /// What the attacker saw.
  struct Report: Decodable, Sendable {
    let opened: Int
    let closed: Int
    /// Connections that were still open at the end.
    let held: Int
    let sent: Int
    let received: Int
  }

  let kind: String
  let outcome: Outcome

  var testDescription: String { kind }

  static let all: [Attack] =
    [
      "half-open", "slow-handshake", "ten-thousand", "random-hashes", "extension-handshakes", "same-extension-handshake", "id-clash",
      "metadata-requests", "huge-length", "flapping", "choke-flapping", "have-flood", "unasked-pieces", "keep-alives", "fast-words",
      "unknown-messages", "noise",
    ].map { Attack(kind: $0, outcome: .refused) }
    + [
      "dripped-session", "request-flood", "deaf-requests", "choked-requests", "cancel-storm", "stray-cancels", "connect-storm",
      "hash-requests", "begun-messages",
    ].map { Attack(kind: $0, outcome: .bounded) }

  /// Starts it against the node, from this address.
  func start(_ node: GranaryProcess, _ artifact: GranaryArtifact, from address: String, seconds: Double) throws -> RunningProcess {
    let options = ["--peer", node.endpoint(), "--torrent", artifact.torrent, "--bind", address, "--seconds", String(seconds)]
    return try PythonScript.runner("attack.py", [kind] + options).start()
  }
}

extension RunningProcess {
  /// The attacker's report, once it is through.
  func attackReport() async throws -> Attack.Report {
    let exit = await exit(within: .seconds(90))
    guard exit == .code(0) else { throw ProcessFailure("\(result(exit: exit))") }
    let decoder = JSONDecoder()
    return try decoder.decode(Attack.Report.self, from: Data(output.utf8))
  }
}
