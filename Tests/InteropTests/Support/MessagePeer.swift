import Foundation
import TestSupport

/// A peer that speaks extended messages, played by `Clients/message_peer.py`.
struct MessagePeer: Sendable {
  /// What it saw.
  struct Report: Decodable, Sendable {
    struct Message: Decodable, Sendable {
      let name: String
      let body: Value
      /// Of a notice: whether OpenSSL finds its signature right.
      let signed: Bool?
    }

    let ok: Bool
    let closed: Bool
    /// The names that the node offered.
    let offered: [String]
    let messages: [Message]
  }

  /// A bencoded value, bytes as text or hex.
  indirect enum Value: Decodable, Sendable, Equatable {
    case number(Int64)
    case text(String)
    case list([Value])
    case dictionary([String: Value])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int64.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else if let list = try? container.decode([Value].self) {
        self = .list(list)
      } else {
        self = .dictionary(try container.decode([String: Value].self))
      }
    }

    subscript(key: String) -> Value? { if case .dictionary(let entries) = self { entries[key] } else { nil } }
  }

  var address = "127.0.0.1"
  var say: [String] = []
  var notices: [String] = []
  var ask: [String] = []
  /// Asks for the whole catalogue.
  var wantsCatalogue = false
  var expect: [String] = []
  var timeout = 30

  /// Makes a key; its public half in hex.
  static func makeKey(_ file: String) async throws -> String {
    try await PythonScript.runner("message_peer.py", ["key", file]).output().trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func start(_ node: GranaryProcess, _ artifact: GranaryArtifact) throws -> RunningProcess {
    var arguments = [
      "talk", "--peer", node.endpoint(), "--info-hash", artifact.handshakeHash, "--bind", address, "--timeout", "\(timeout)",
    ]
    if wantsCatalogue { arguments.append("--catalogue") }
    for (option, values) in [("--say", say), ("--notice", notices), ("--ask", ask), ("--expect", expect)] {
      arguments += values.flatMap { [option, $0] }
    }
    return try PythonScript.runner("message_peer.py", arguments).start()
  }

  func run(_ node: GranaryProcess, _ artifact: GranaryArtifact) async throws -> Report { try await start(node, artifact).messageReport() }
}

extension RunningProcess {
  /// What the peer saw, once it is through.
  func messageReport() async throws -> MessagePeer.Report {
    let exit = await exit(within: .seconds(90))
    guard exit == .code(0) else { throw ProcessFailure("\(result(exit: exit))") }
    return try JSONDecoder().decode(MessagePeer.Report.self, from: Data(output.utf8))
  }
}
