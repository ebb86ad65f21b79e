import PluginKit
import Synchronization
import TLS

extension PeerConnection {
  /// The port where the peer would have reached us, by a link like this one; nil where it has done so, or could not.
  var reachedPort: UInt16? {
    guard direction == .outbound else { return nil }
    var kind = ListenSecurity.plain
    if let secure {
      guard let entry = secure.link?.entry else { return nil }
      kind = core.links.current.entries[entry.name] === entry ? .entry(entry.name) : .sslTorrents
    }
    return core.reachedPorts.withLock { $0.port(for: address.ip.family, on: kind) }
  }
}
