import Metainfo
import PluginKit
import Settings
import Tracker

/// Which of the node's listeners trackers and peers are told for which artifact, and where those are reached. A value: another configuration
/// makes another one, for the listeners that are open.
struct AnnouncePlan: Sendable {
  /// The kinds of the listeners that are open, in the file's order.
  let securities: [NodeSettings.ListenSecurity]
  /// Where each is reached.
  let reaches: [AnnouncedReach]
  private let rules: [NodeSettings.AnnounceRule]
  private let sslTorrents, plain, tls, both: [AnnouncedPlace]

  /// The plan of these settings for listeners that were opened by earlier ones: where one is reached may have changed since.
  init(_ opened: [NodeSettings.Listener], _ settings: NodeSettings) {
    let securities = opened.map(\.security)
    let reaches = Self.announced(opened, settings.listen).map(AnnouncedReach.init)
    func places(_ word: NodeSettings.AnnounceLinks?) -> [AnnouncedPlace] {
      AnnouncedListener.indices(in: securities, for: word, links: settings.links).map { AnnouncedPlace(listener: $0, reach: reaches[$0]) }
    }
    (self.securities, self.reaches, rules) = (securities, reaches, settings.announceLinks)
    (sslTorrents, plain, tls, both) = (places(nil), places(.plain), places(.tls), places(.both))
  }

  /// Where peers of an artifact are sent, the most important place first; empty for nowhere: nothing is announced then. `name`: nil where it is not
  /// known yet, as for a magnet link; then a rule that names artifacts and wants TLS alone counts as theirs.
  func places(of infoHash: InfoHash, named name: String?, isSSLTorrent: Bool) -> [AnnouncedPlace] {
    if isSSLTorrent { return sslTorrents }
    switch rules.first(where: { Self.isFor($0, infoHash, name) })?.links ?? .plain {
    case .plain: return plain
    case .tls: return tls
    case .both: return both
    }
  }

  private static func isFor(_ rule: NodeSettings.AnnounceRule, _ infoHash: InfoHash, _ name: String?) -> Bool {
    guard let artifacts = rule.artifacts else { return true }
    guard let name else { return rule.links == .tls || artifacts.contains { ArtifactPattern($0).matches(name: "", infoHash: infoHash) } }
    return artifacts.contains { ArtifactPattern($0).matches(name: name, infoHash: infoHash) }
  }

  private static func announced(
    _ opened: [NodeSettings.Listener], _ fresh: [NodeSettings.Listener]
  ) -> [NodeSettings.AnnounceAddress] {
    if opened.elementsEqual(fresh, by: isSame) { return fresh.map(\.announced) }
    // The file's listeners are others, which wait for a restart.
    return opened.map { listener in (fresh.first { isSame($0, listener) } ?? listener).announced }
  }

  private static func isSame(_ one: NodeSettings.Listener, _ other: NodeSettings.Listener) -> Bool {
    one.address == other.address && one.security == other.security
  }
}

/// Which listeners peers are sent to.
enum AnnouncedListener {
  /// An SSL torrent's peers (`word`: nil) come to the first listener for such. Others come to the first plain one, to the first with an entry of its
  /// own, or to both, as `announce-links` says; where `plain` finds none, or nothing may be plain, to the one with TLS. Empty where there is
  /// nowhere to come to.
  static func indices(
    in listeners: [NodeSettings.ListenSecurity], for word: NodeSettings.AnnounceLinks?, links: NodeSettings.Links
  ) -> [Int] {
    let plain = links == .tls ? nil : listeners.firstIndex(of: .plain)
    let tls = listeners.firstIndex { if case .entry = $0 { true } else { false } }
    let found: [Int?] =
      switch word {
      case nil: [listeners.firstIndex(of: .sslTorrents)]
      case .plain: [plain ?? tls]
      case .tls: [tls]
      case .both: [plain, tls]
      }
    return found.compactMap { $0 }
  }
}

extension AnnouncedReach {
  init(_ address: NodeSettings.AnnounceAddress) {
    func way(_ family: IPAddress.Family) -> Way { Way(ip: address.way(of: family).ip, port: address.way(of: family).port) }
    self.init(v4: way(.v4), v6: way(.v6))
  }

  /// Where a listener is reached by whoever asks from `asker`: at what is announced, else where it listens, as far as that can be said.
  func places(of listener: PeerAddress, for asker: TrackerAsker) -> [PeerAddress] {
    let told = places(listeningAt: listener.port).filter { !$0.ip.isLoopback || asker.ip.isLoopback }
    guard let ip = Self.address(listener, for: asker), way(of: ip.family).ip == nil else { return told }
    return told + [PeerAddress(ip: ip, port: way(of: ip.family).port ?? listener.port)]
  }

  /// The address of a listener that is on all addresses is the one where the asker has reached the tracker; one on loopback can be reached only
  /// from there.
  private static func address(_ listener: PeerAddress, for asker: TrackerAsker) -> IPAddress? {
    let isOnAll = listener.ip.bytes.allSatisfy { $0 == 0 }
    guard isOnAll else { return !listener.ip.isLoopback || asker.ip.isLoopback ? listener.ip : nil }
    guard let local = asker.local, listener.ip.family == .v6 || local.family == .v4 else { return nil }
    return local
  }
}
