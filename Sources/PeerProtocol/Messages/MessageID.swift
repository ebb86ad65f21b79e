/// The byte that says what a message is, and what its length must be. Other numbers are unknown messages.
enum MessageID: UInt8, Sendable, CaseIterable {
  case choke = 0
  case unchoke = 1
  case interested = 2
  case notInterested = 3
  case have = 4
  case bitfield = 5
  case request = 6
  case piece = 7
  case cancel = 8
  /// BEP 5.
  case port = 9
  // BEP 6.
  case suggest = 13
  case haveAll = 14
  case haveNone = 15
  case reject = 16
  case allowedFast = 17
  /// BEP 10.
  case extended = 20
  // BEP 52.
  case hashRequest = 21
  case hashes = 22
  case hashReject = 23

  /// The name that the BEPs use.
  var name: String {
    switch self {
    case .choke: "choke"
    case .unchoke: "unchoke"
    case .interested: "interested"
    case .notInterested: "not interested"
    case .have: "have"
    case .bitfield: "bitfield"
    case .request: "request"
    case .piece: "piece"
    case .cancel: "cancel"
    case .port: "port"
    case .suggest: "suggest piece"
    case .haveAll: "have all"
    case .haveNone: "have none"
    case .reject: "reject request"
    case .allowedFast: "allowed fast"
    case .extended: "extended"
    case .hashRequest: "hash request"
    case .hashes: "hashes"
    case .hashReject: "hash reject"
    }
  }

  /// The value of the length prefix, for messages that have only one; nil for the others.
  var fixedLength: Int? {
    switch self {
    case .choke, .unchoke, .interested, .notInterested, .haveAll, .haveNone: 1
    case .have, .suggest, .allowedFast: 5
    case .request, .cancel, .reject: 13
    case .port: 3
    case .hashRequest, .hashReject: 1 + HashRequest.byteCount
    case .bitfield, .piece, .extended, .hashes: nil
    }
  }

  /// The least value of the length prefix: the id, and the fields that come before the data.
  var minimumLength: Int {
    switch self {
    case .piece: 9
    case .extended: 2
    case .hashes: 1 + HashRequest.byteCount
    default: fixedLength ?? 1
    }
  }
}
