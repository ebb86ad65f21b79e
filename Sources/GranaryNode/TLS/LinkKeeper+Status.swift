import Control
import Inventory
import OpenSSL
import Settings
import Synchronization
import TLS

extension LinkKeeper {
  /// Artifacts that a warning names, of however many.
  private static let mostNamed = 5
  private static let day: Int64 = 86_400

  /// What an operator should know, now.
  func warnings(now: Int64) -> [LinkWarning] {
    let state = state.withLock { $0 }
    let fleets = state.fleets.flatMap { LinkWarnings.of($0.material, at: now) + Self.failed($0.watch) }
    let sources = state.book.sources.flatMap { LinkWarnings.of($0, at: now) } + state.watches.flatMap(Self.failed)
    return fleets + sources + warnings(state.book)
  }

  /// Those of the warnings that were not logged within a day; they count as logged now.
  func warningsToLog(now: Int64) -> [LinkWarning] {
    let warnings = warnings(now: now)
    return state.withLock { state in
      let due = warnings.filter { now - (state.logged[$0.subject] ?? .min / 2) >= Self.day }
      let subjects = Set(warnings.map(\.subject))
      state.logged = state.logged.filter { subjects.contains($0.key) }
      for warning in due { state.logged[warning.subject] = now }
      return due
    }
  }

  private static func failed(_ watch: FileWatch) -> [LinkWarning] {
    watch.problem.map { [LinkWarning(subject: $0, text: "\($0); what was read before stays in force")] } ?? []
  }

  private func warnings(_ book: SSLTorrentBook) -> [LinkWarning] {
    guard !book.artifacts.isEmpty else { return [] }
    var warnings: [LinkWarning] = []
    if !listensForSSLTorrents {
      let text =
        "no listener has 'tls: ssl-torrent': the \(book.artifacts.count) SSL torrents here are not announced, and none can be asked for"
      warnings.append(LinkWarning(subject: "ssl-torrent listener", text: text))
    }
    let refused = book.refusals.sorted { $0.key < $1.key }
    for (id, reason) in refused.prefix(Self.mostNamed) {
      let name = book.artifacts[id]?.name ?? "#\(id)"
      warnings.append(LinkWarning(subject: "ssl-torrent \(id)", text: "\(name) is an SSL torrent and not served: \(reason)"))
    }
    if refused.count > Self.mostNamed {
      let text = "\(refused.count - Self.mostNamed) further SSL torrents are not served for want of a certificate"
      warnings.append(LinkWarning(subject: "ssl-torrent others", text: text))
    }
    return warnings
  }

  /// What `status` says of TLS; nil where there is none.
  func document(now: Int64) -> TLSDocument? {
    let state = state.withLock { $0 }
    guard state.links == .tls || !state.fleets.isEmpty || !state.book.sources.isEmpty || !state.book.artifacts.isEmpty else { return nil }
    let fleets = state.fleets.compactMap { fleet in
      fleet.material.leaf.map { leaf in
        Self.entry(
          fleet.entry.name, leaf, fleet.material.anchors.map(\.subject), fleet.material.revocationEnd, fleet.material.settings.minimum, nil,
          now)
      }
    }
    let sources = state.book.sources.compactMap { source in
      source.leaf.map { Self.entry(source.name, $0, [], nil, source.settings.minimum, state.book.count(of: source.number), now) }
    }
    return TLSDocument(
      links: state.links == .tls ? "tls" : "any", entries: fleets + sources, sslTorrents: state.book.artifacts.count,
      sslTorrentsWithoutCertificate: state.book.refusals.count)
  }

  /// The ends of what the node shows and relies on, in seconds since 1970.
  struct Ends: Sendable {
    let entry: String
    let certificate: Int64
    /// Nil where no list is looked at, or none ends.
    let lists: Int64?
  }

  var ends: [Ends] {
    let state = state.withLock { $0 }
    return state.fleets.compactMap { fleet in
      fleet.material.leaf.map { Ends(entry: fleet.entry.name, certificate: $0.notAfter, lists: fleet.material.revocationEnd) }
    } + state.book.sources.compactMap { source in source.leaf.map { Ends(entry: source.name, certificate: $0.notAfter, lists: nil) } }
  }

  private static func entry(
    _ name: String, _ leaf: Certificate, _ trust: [String], _ revocationEnd: Int64?, _ minimum: TLSSettings.Minimum, _ torrents: Int?,
    _ now: Int64
  ) -> TLSDocument.Entry {
    TLSDocument.Entry(
      name: name, subject: leaf.subject, serial: leaf.serial, notAfter: Validity.text(leaf.notAfter),
      daysLeft: Validity.days(from: now, to: leaf.notAfter), trust: trust,
      revocationDaysLeft: revocationEnd.map { Validity.days(from: now, to: $0) }, minimum: minimum.rawValue, torrents: torrents)
  }
}
