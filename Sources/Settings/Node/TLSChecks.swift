internal import PluginKit

/// What is wrong between `links`, `tls`, `listen` and `peers`: each is fine by itself by then.
struct TLSChecks {
  private let root: RootSection

  init(_ root: RootSection) {
    self.root = root
  }

  var problems: [Problem] {
    entryProblems + (root.listen ?? []).compactMap(problem(ofListener:)) + (root.peers ?? []).compactMap(problem(ofPeer:))
      + (root.catalogue?.listen ?? []).compactMap { $0.tls.flatMap(unknown) }
      + (root.http?.listen ?? []).compactMap { $0.tls.flatMap(unknown) }
      + (root.control?.listen ?? []).compactMap { $0.tls.flatMap(unknown) }
      + (root.tracker?.listen ?? []).compactMap { $0.tls.flatMap(unknown) } + (root.https.flatMap(unknown).map { [$0] } ?? [])
  }

  private var names: [String] { root.tls?.named.map(\.name) ?? [] }
  private var isTLSOnly: Bool { root.links == .tls }

  private var entryProblems: [Problem] {
    let named = (root.tls?.named ?? []).flatMap { named in
      (TLSName.problem(named.name).map { [named.spot.problem($0)] } ?? []) + missing(named.entry?.missing ?? [], named.spot)
    }
    return named + (root.tls?.sslTorrents ?? []).flatMap { missing($0.missing, $0.spot) }
  }

  private func missing(_ keys: [String], _ spot: Spot) -> [Problem] { keys.map { spot.problem("the key '\($0)' is missing") } }

  private func problem(ofListener listener: PeerListenSection) -> Problem? {
    guard let name = listener.tls else {
      guard isTLSOnly else { return nil }
      return listener.spot.problem("a plain listener, but 'links: tls' says that this node never speaks plain: name an entry with tls")
    }
    return name.text == TLSName.sslTorrent ? nil : unknown(name)
  }

  private func problem(ofPeer peer: PeerSection) -> Problem? {
    guard let name = peer.tls else {
      guard isTLSOnly, names.count > 1 else { return nil }
      return peer.spot.problem("there are several entries under tls, and 'links: tls': name the one for this peer with tls")
    }
    switch name.text {
    case TLSName.off where isTLSOnly: return name.spot.problem("'links: tls' says that this node never speaks plain")
    case TLSName.off: return nil
    case TLSName.sslTorrent: return name.spot.problem("SSL torrents are dialed as such by themselves: leave this out, or name an entry")
    default: return unknown(name)
    }
  }

  private func unknown(_ name: TLSName) -> Problem? {
    guard !names.contains(name.text) else { return nil }
    let meant = Suggestion.closest(to: name.text, among: names)
    let advice = meant.map { "did you mean '\($0)'?" } ?? (names.isEmpty ? "there are none" : "there are \(names.joined(separator: ", "))")
    return name.spot.problem("there is no entry '\(printable(name.text))' under tls; \(advice)")
  }

  // MARK: - What is no error

  /// What the operator should be told.
  func warnings(file: String) -> [SettingsErrorLine] {
    let listeners = (root.listen ?? []).filter { $0.tls?.text == TLSName.sslTorrent }
    let entries = root.tls?.sslTorrents ?? []
    var problems: [Problem] = []
    if entries.isEmpty {
      problems += listeners.compactMap { listener in
        listener.tls?.spot.problem("there is no certificate under tls.ssl-torrent: no SSL torrent can be served")
      }
    } else if listeners.isEmpty, let first = entries.first {
      problems.append(first.spot.problem("no listener has 'tls: ssl-torrent': SSL torrents are dialed, but not announced"))
    }
    if isTLSOnly, names.count > 1, let first = root.tls?.named.first {
      problems.append(
        first.spot.problem("with several entries and 'links: tls', peers that only trackers name are dialed for SSL torrents alone"))
    }
    return problems.map { $0.line(in: file) }
  }
}
