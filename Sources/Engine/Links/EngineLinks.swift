import OpenSSL
import PluginKit
import TLS

/// How peers are linked to: what each side shows and whom it trusts. A value; a reload makes another, in which an entry that goes on is the
/// same object, so that live links can be judged by what it is now.
package struct EngineLinks: Sendable {
  /// What a dialed peer's link is to be.
  package enum Dialing: Sendable {
    case plain
    /// TLS, trusted by the entry.
    case entry(TLSEntry)
    /// Nobody is dialed; the reason, for the journal.
    case nobody(String)
  }

  /// The entries of fleets, by name.
  package var entries: [String: TLSEntry]
  /// Those of SSL torrents, by the inventory's number of the artifact.
  package var torrents: [Int64: TLSEntry]
  /// Where links on a listener for SSL torrents begin, before a name has picked a torrent; nil: they are refused.
  package var entrance: TLSContext?
  /// How peers are dialed that nothing else is said of.
  package var dialing: Dialing
  /// How these peers are dialed.
  package var peers: [PeerAddress: Dialing]

  package init(
    entries: [String: TLSEntry] = [:], torrents: [Int64: TLSEntry] = [:], entrance: TLSContext? = nil, dialing: Dialing = .plain,
    peers: [PeerAddress: Dialing] = [:]
  ) {
    (self.entries, self.torrents, self.entrance) = (entries, torrents, entrance)
    (self.dialing, self.peers) = (dialing, peers)
  }

  /// How an artifact's peer at this address is dialed. Those of an SSL torrent are on links of its own only.
  func dialing(_ address: PeerAddress, _ artifact: ArtifactFacts) -> Dialing {
    guard artifact.isSSL else { return peers[address] ?? dialing }
    return torrents[artifact.id].map { .entry($0) } ?? .nobody("it is an SSL torrent, and there is no certificate for it (tls.ssl-torrent)")
  }

  /// Whether the entry is still one of ours.
  func holds(_ entry: TLSEntry, for artifact: ArtifactFacts?) -> Bool {
    if entries[entry.name] === entry { return true }
    return artifact.map { torrents[$0.id] === entry } ?? torrents.values.contains { $0 === entry }
  }

  /// Whether an artifact may be served on a link: an SSL torrent on one that its own authority vouches for, everything else on others.
  func serves(_ artifact: ArtifactFacts, on entry: TLSEntry?) -> Bool {
    guard artifact.isSSL else { return entry.map { entries[$0.name] === $0 } ?? true }
    return entry.map { torrents[artifact.id] === $0 } ?? false
  }
}

/// What a listener's links are.
package enum ListenSecurity: Sendable, Hashable {
  case plain
  /// TLS, by the entry of this name.
  case entry(String)
  /// TLS, by the SSL torrent that the client names (SNI).
  case sslTorrents
}
