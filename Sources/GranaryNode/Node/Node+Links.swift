import Control
import Engine
import Inventory
import Logging
import PluginKit
import Settings
import Synchronization

/// Certificates, and the links that they stand for.
extension Node {
  /// Looks after the files that `tls` names: what has changed is read again, and live links are judged by it. Waits for the disk.
  func lookAtLinks(now: WallTime) {
    let seconds = now.seconds
    let news = links.look(now: seconds)
    for key in news.read { logger.notice("certificates read again", metadata: .event(.certificateRead, ["key": "\(key)"])) }
    for problem in news.problems {
      logger.warning("certificates could not be read again", metadata: .event(.certificateFailed, ["problem": "\(problem)"]))
    }
    if news.isChanged { replaceLinks() }
    for warning in links.warningsToLog(now: seconds) { logger.warning("\(warning.text)", metadata: .event(.certificateWarning)) }
  }

  /// SSL torrents of the inventory, before anybody can ask for them. Costs nothing where there are none.
  func takeSSLTorrents() throws {
    let artifacts = try database.sslArtifacts()
    guard !artifacts.isEmpty else { return }
    links.put(artifacts, now: WallTime.now.seconds)
    replaceLinks()
  }

  /// The same of one that comes while the node runs.
  func takeSSLTorrent(_ id: ArtifactID) throws {
    links.put(try database.sslArtifacts(id), now: WallTime.now.seconds)
    engine.set(link: links.entry(of: id.rawValue), of: id.rawValue)
  }

  /// An artifact has left the inventory.
  func forgetSSLTorrent(_ id: ArtifactID) {
    guard links.isSSLTorrent(id.rawValue) else { return }
    links.remove(id.rawValue)
    engine.set(link: nil, of: id.rawValue)
  }

  /// What is spoken at each of the node's addresses, as `status` has it.
  func listenerDocuments(_ addresses: [PeerAddress]) -> [StatusDocument.Listener] {
    addresses.enumerated().map { index, address in
      let security = initial.listen.indices.contains(index) ? initial.listen[index].security : .plain
      return StatusDocument.Listener(address: address.ip.description, port: Int(address.port), tls: security.name)
    }
  }
}

extension NodeSettings.ListenSecurity {
  /// As the configuration writes it; nil for plain.
  var name: String? {
    switch self {
    case .plain: nil
    case .entry(let name): name
    case .sslTorrents: "ssl-torrent"
    }
  }
}
