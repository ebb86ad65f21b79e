import Metainfo
package import PluginKit

/// Peer exchange (`ut_pex`, BEP 11): tells peers of an artifact of each other, of those only that the guards of `announce` let be told of and
/// learn of others.
///
/// A handler. Of a private artifact (BEP 27) it tells only those that ask for it by `gr_exchange` in their extended handshake, as our nodes do:
/// stock clients take part in no exchange there. What peers tell is passed over; nobody is dialed for it.
package struct ExchangePlugin: Plugin {
  package static let name = "exchange"
  package static let summary = "tells peers of each other (ut_pex, BEP 11), as far as the guards of announce allow"
  package static let hooks: [Hook] = [.newTorrent, .newConnection, .addHandshake, .onExtensionHandshake, .onExtended, .tick, .onDisconnect]

  /// Says in an extended handshake that its sender exchanges peers of private artifacts too.
  static let privateKey = "gr_exchange"
  private static let longest = 16_384

  package let extendedMessages = [ExtendedMessage(name: PeerExchangeMessage.name, maximumSize: longest)]

  package init(settings: NoSettings, services: PluginServices) throws {}

  package func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? { ExchangeTorrent() }
}

/// The plugin's part for one artifact.
private struct ExchangeTorrent: TorrentPlugin {
  private let roster = ExchangeRoster()

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? { ExchangePeer(peer, roster: roster) }
}
