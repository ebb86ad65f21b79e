/// What has been so far, which guards look at like at any other fact.
extension Pipeline {
  /// The facts with the history of the peer, as those of the pipeline have counted it; to be asked for before guards are asked.
  ///
  /// - Parameter isConnected: whether the peer's own connection is one that handlers were made for.
  package func informed(_ facts: PeerFacts, isConnected: Bool) -> PeerFacts {
    var facts = facts
    facts.history = nil
    for installed in historians where !installed.isTripped {
      guard let history = installed.plugin.history(of: facts, isConnected: isConnected) else { continue }
      // Who has counted more has counted for longer.
      facts.history = PeerHistory(
        bytes: [history.bytes, facts.history?.bytes].compactMap { $0 }.max(),
        connections: [history.connections, facts.history?.connections].compactMap { $0 }.max())
    }
    return facts
  }
}
