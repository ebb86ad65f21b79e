/// A plugin's part for one artifact with live peers: made when the first comes, dropped when idle, shared by all loops.
///
/// What hooks throw that no peer's coming calls (`tick`, `onState`, …) is charged to the plugin's budget.
public protocol TorrentPlugin: Sendable {
  /// Told, on the peer's event loop, that every guard lets this peer have something of the artifact, before anything is disclosed to it.
  /// A throw refuses the peer.
  func onAuthorized(_ facts: PeerFacts) throws
  /// libtorrent's `torrent_plugin::new_connection`: called on the peer's event loop once the peer is authorized for the artifact.
  /// Nil: not interested in this peer (handlers only; a guard's answer stands in any case). A throw refuses the peer.
  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)?
  /// Told that a piece passed its hash check.
  func onPiecePass(_ piece: Int) throws
  /// Told that a piece failed its hash check, with the addresses of the peers that contributed.
  func onPieceFailed(_ piece: Int, contributors: [PeerAddress]) throws
  /// About once a second while the artifact has peers, from the injected clock.
  func tick(_ now: ContinuousClock.Instant) throws
  /// The artifact is about to be paused. `.handled`: the engine does not act.
  func onPause() throws -> Handling
  /// The artifact is about to be resumed. `.handled`: the engine does not act.
  func onResume() throws -> Handling
  /// Told that the artifact's files are checked: at once where they were already.
  func onFilesChecked() throws
  /// Told of the artifact's new state: `ready`, `paused`, `changed`, …
  func onState(_ state: String) throws
  /// Told of an address that a tracker or the configuration named, before it is dialed.
  func onAddPeer(_ address: PeerAddress) throws
}

extension TorrentPlugin {
  public func onAuthorized(_ facts: PeerFacts) throws {}
  public func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? { nil }
  public func onPiecePass(_ piece: Int) throws {}
  public func onPieceFailed(_ piece: Int, contributors: [PeerAddress]) throws {}
  public func tick(_ now: ContinuousClock.Instant) throws {}
  public func onPause() throws -> Handling { .pass }
  public func onResume() throws -> Handling { .pass }
  public func onFilesChecked() throws {}
  public func onState(_ state: String) throws {}
  public func onAddPeer(_ address: PeerAddress) throws {}
}
