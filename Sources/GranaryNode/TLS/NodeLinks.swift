import OpenSSL
import PluginKit
import Settings
import TLS

/// Which links a node may have, as the engine is told.
struct NodeLinks: Sendable {
  /// Named entries.
  var fleets: [String: TLSEntry] = [:]
  /// By artifact: SSL torrents that have a certificate to be served with.
  var sslTorrents: [Int64: TLSEntry] = [:]
  /// Where links begin whose peers have yet to name an SSL torrent; nil where there is none that could be served.
  var entrance: TLSContext?
  /// How peers are dialed that no setting says more about, and those that one does.
  var dialing = NodeSettings.DialSecurity.plain
  var peers: [PeerAddress: NodeSettings.DialSecurity] = [:]
}
