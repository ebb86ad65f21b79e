extension Identity {
  /// The trust entry of what peers prove in words, after the handshakes (`auth/key:fleet-1`).
  public static let conversationTrust = "auth"
}

extension PeerFacts {
  /// Whether the handshakes are still to be exchanged: the peer's id, and what it proves in words, are not known yet.
  public var isBeforeHandshake: Bool { peerID == nil }

  /// Whether an identity that the pattern means may still be proven on this connection. A guard of `connect` allows what it cannot know yet:
  /// it is asked again when it can.
  public func mayStillProve(_ pattern: IdentityPattern) -> Bool {
    link.isSecuring || (isBeforeHandshake && pattern.trustEntry == Identity.conversationTrust)
  }
}
