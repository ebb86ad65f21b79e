internal import PluginKit

/// What a peer may have had so far for a rule to hold.
struct GateConditions: Sendable {
  /// Bytes of the artifact.
  var bytesBelow: Int64?
  /// Connections besides this one.
  var connectionsBelow: Int?

  var isEmpty: Bool { bytesBelow == nil && connectionsBelow == nil }

  /// What is known of a peer before its handshake is complete is not yet whose history counts.
  func match(_ facts: PeerFacts) -> GateMatch { isEmpty || facts.peerID != nil ? .yes : .notYet }

  /// Why they do not hold for the peer; nil where they do. Where nobody has counted, they hold for rules that keep something back and for no
  /// others.
  func lack(_ facts: PeerFacts, gives: Bool) -> String? {
    if let bytesBelow {
      guard let had = facts.history?.bytes else { return gives ? "is for who has had little, and nobody has counted" : nil }
      if had >= bytesBelow {
        let figures = [had, bytesBelow].map { AmountText.describe(bytes: $0) }
        return "is for who has had less than \(figures[1]), and \(facts.principal) has had \(figures[0])"
      }
    }
    if let connectionsBelow {
      guard let others = facts.history?.connections else { return gives ? "is for who has few connections, and nobody has counted" : nil }
      if others >= connectionsBelow {
        return "is for who has less than \(connectionsBelow) other connections, and \(facts.principal) has \(others)"
      }
    }
    return nil
  }
}
