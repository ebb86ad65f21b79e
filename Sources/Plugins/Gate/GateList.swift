internal import PluginKit

/// The lists of rules that a gate may have, by their names in the settings.
enum GateList: String, CodingKey, Sendable, CaseIterable {
  case onRequest = "on_request"
  case metadata
  case connect
  case announce
  case message
  /// What we may ask of peers.
  case writeRequest = "write_request"

  /// The operation that the list is about.
  var operation: PluginKit.Operation {
    switch self {
    case .onRequest: .request
    case .metadata: .metadata
    case .connect: .connect
    case .announce: .announce
    case .message: .message
    case .writeRequest: .ask
    }
  }

  /// Whether rules may be about files and pieces.
  var isAboutBytes: Bool { self == .onRequest || self == .writeRequest }

  /// Whether rules may look at what a peer has had so far.
  var counts: Bool { self == .onRequest || self == .metadata || self == .connect }

  /// The answers that its rules may give.
  var answers: [GateAnswer.Word] {
    switch self {
    case .onRequest: GateAnswer.Word.allCases
    case .writeRequest: [.allow, .deny, .limit, .shadow]
    case .connect, .announce, .message, .metadata: [.allow, .deny, .shadow]
    }
  }
}
