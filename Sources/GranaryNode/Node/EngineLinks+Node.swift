import Engine
import PluginKit
import Settings
import TLS

// The one place where the node's links become the engine's.

extension Node {
  /// Tells the engine which links there may be from now on; live ones are judged again.
  func replaceLinks() { engine.replace(links: EngineLinks(links.links)) }
}

extension EngineLinks {
  init(_ links: NodeLinks) {
    self.init(
      entries: links.fleets, torrents: links.sslTorrents, entrance: links.entrance, dialing: Dialing(links.dialing, links.fleets),
      peers: links.peers.mapValues { Dialing($0, links.fleets) })
  }
}

extension EngineLinks.Dialing {
  init(_ security: NodeSettings.DialSecurity, _ fleets: [String: TLSEntry]) {
    switch security {
    case .plain: self = .plain
    case .entry(let name): self = fleets[name].map { .entry($0) } ?? .nobody("there is no entry '\(name)' under tls")
    case .never: self = .nobody("nothing may be plain here (links: tls), and nothing says by which entry of tls this peer is dialed")
    }
  }
}

extension ListenAddress {
  init(_ listener: NodeSettings.Listener) {
    self.init(host: listener.address.ip.description, port: Int(listener.address.port), tls: ListenSecurity(listener.security))
  }
}

extension ListenSecurity {
  init(_ security: NodeSettings.ListenSecurity) {
    switch security {
    case .plain: self = .plain
    case .entry(let name): self = .entry(name)
    case .sslTorrents: self = .sslTorrents
    }
  }
}
