import Metainfo
import PluginKit
import Synchronization
import TLS

/// The links in force, shared by all loops.
final class LinkTable: Sendable {
  private let links = Mutex(EngineLinks())

  var current: EngineLinks { links.withLock { $0 } }

  func replace(_ new: EngineLinks) { links.withLock { $0 = new } }

  /// An artifact's entry as an SSL torrent; nil: there is none any more.
  func set(_ entry: TLSEntry?, for artifact: Int64) { links.withLock { $0.torrents[artifact] = entry } }

  /// The role of a link that was accepted; nil where its entry is not there.
  func role(_ security: ListenSecurity, _ swarms: SwarmTable) -> TLSRole? {
    let links = current
    switch security {
    case .plain: return nil
    case .entry(let name): return links.entries[name].map { .server($0) }
    case .sslTorrents:
      guard let entrance = links.entrance else { return nil }
      return .torrentServer(entrance: entrance) { [self] name in entry(named: name, swarms) }
    }
  }

  /// The entry of the SSL torrent that a name stands for: 40 hex digits of its info-hash, of the first 20 bytes of its v2 hash. What follows
  /// them is passed over, as libtorrent does.
  private func entry(named name: String?, _ swarms: SwarmTable) -> TLSEntry? {
    guard let name, let hash = Self.infoHash(name), let id = swarms.id(of: hash) else { return nil }
    return links.withLock { $0.torrents[id] }
  }

  static func infoHash(_ name: String) -> SHA1Digest? {
    let digits = Array(name.utf8.prefix(40))
    guard digits.count == 40 else { return nil }
    return SHA1Digest(hex: String(decoding: digits, as: UTF8.self))
  }
}
