import Metainfo

// Choke and interest, both ways (BEP 3). Every such message counts as a glitch: the budget's refill is far above what clients send, and a
// peer that flips without end is told from one that does not by the rate alone.
extension PeerSession {
  mutating func receiveChoke() -> PeerEvent {
    countGlitch()
    peerChoking = true
    // With the fast extension every request is still answered, by data or a reject (BEP 6).
    guard !fast, !outstandingRequests.isEmpty else { return .choked(lapsed: []) }
    let lapsed = Array(outstandingRequests)
    outstandingRequests.removeAll()
    for block in lapsed { remember(lapsed: block) }
    return .choked(lapsed: lapsed)
  }

  mutating func receiveUnchoke() -> PeerEvent {
    countGlitch()
    peerChoking = false
    return .unchoked
  }

  mutating func receiveInterest(_ isInterested: Bool) -> Bool {
    countGlitch()
    let changed = peerInterested != isInterested
    peerInterested = isInterested
    return changed
  }

  /// We are about to choke the peer. False where it is choked already and nothing need be sent.
  @discardableResult
  package mutating func willChoke() -> Bool {
    let changed = !amChoking
    amChoking = true
    return changed
  }

  /// We are about to unchoke the peer. False where nothing need be sent.
  @discardableResult
  package mutating func willUnchoke() -> Bool {
    let changed = amChoking
    amChoking = false
    return changed
  }

  /// We are about to say whether the peer has something that we want: the message, where the peer does not know.
  package mutating func willTell(interest isInterested: Bool) -> PeerMessage? {
    guard willBeInterested(isInterested) else { return nil }
    return isInterested ? .interested : .notInterested
  }

  /// We are about to say whether we are interested. False where nothing need be sent.
  @discardableResult
  package mutating func willBeInterested(_ isInterested: Bool) -> Bool {
    let changed = amInterested != isInterested
    amInterested = isInterested
    return changed
  }
}
