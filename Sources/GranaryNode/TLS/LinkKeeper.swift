import HTTPClient
import Inventory
import Metainfo
import OpenSSL
import PluginKit
import Settings
import Synchronization
import TLS

/// Keeps what `tls` names: reads the files, notices when they change, and has a trust entry for the engine for each.
///
/// A trust entry stays the same object for as long as it has its name: what is read again is swapped into it, so that listeners and links
/// that hold it judge by it from then on. What cannot be read again leaves in force what was read before.
final class LinkKeeper: Sendable {
  /// A named entry as it is in force.
  struct Fleet: Sendable {
    var material: FleetMaterial
    let entry: TLSEntry
    var watch: FileWatch
  }

  struct State: Sendable {
    var links = NodeSettings.Links.any
    var dialing = NodeSettings.DialSecurity.plain
    var peers: [PeerAddress: NodeSettings.DialSecurity] = [:]
    var entrance: TLSContext?
    /// The entry that https servers are judged by; nil: the system's authorities.
    var https: String?
    /// In the file's order.
    var fleets: [Fleet] = []
    var book = SSLTorrentBook([])
    /// Of the book's sources, in their order.
    var watches: [FileWatch] = []
    /// Which warnings were logged when, by subject.
    var logged: [String: Int64] = [:]
  }

  /// Names of entries that listeners were opened with: they stay, whatever a later configuration says.
  private let pinned: Set<String>
  /// Whether a listener was opened for SSL torrents.
  let listensForSSLTorrents: Bool
  let state: Mutex<State>
  /// One change after the other: files are read without keeping others from what is in force.
  let working = Mutex<Void>(())

  /// Reads everything that the settings name. Throws a failure of the configuration with every fault, each with the file and its place.
  init(_ settings: NodeSettings, now: Int64) throws {
    pinned = Set(settings.listen.compactMap { if case .entry(let name) = $0.security { name } else { nil } })
    listensForSSLTorrents = settings.listen.contains { $0.security == .sslTorrents }
    state = Mutex(State())
    commit(try prepare(settings, now: now), now: now)
  }

  /// What the engine is to go by.
  var links: NodeLinks {
    state.withLock { state in
      NodeLinks(
        fleets: Dictionary(state.fleets.map { ($0.entry.name, $0.entry) }) { $1 }, sslTorrents: state.book.entries,
        entrance: state.entrance, dialing: state.dialing, peers: state.peers)
    }
  }

  /// What https links to others are made with, as it is in force when it is asked for.
  func httpSecurity(now: @escaping @Sendable () -> Int64) -> HTTPSecurity {
    let system = SystemTrust()
    return HTTPSecurity(now: now) { [self] in
      let named: (name: String, entry: TLSEntry?)? = state.withLock { state in
        state.https.map { name in (name, state.fleets.first { $0.entry.name == name }?.entry) }
      }
      guard let named else { return try system.context() }
      guard let entry = named.entry else { throw TLSFileError(message: "the entry '\(named.name)' of tls, which https names, is gone") }
      return entry.context
    }
  }

  /// The trust entry of this name under `tls`; nil where there is none now.
  func fleetEntry(named name: String) -> TLSEntry? { state.withLock { $0.fleets.first { $0.entry.name == name }?.entry } }

  /// The trust entry of an SSL torrent; nil where it cannot be served.
  func entry(of id: Int64) -> TLSEntry? { state.withLock { $0.book.entry(of: id) } }

  /// Whether artifacts are SSL torrents that this node knows.
  func isSSLTorrent(_ id: Int64) -> Bool { state.withLock { $0.book.artifacts[id] != nil } }

  // MARK: - SSL torrents

  /// SSL torrents come into the inventory; those that are there are looked at again.
  func put(_ artifacts: [SSLArtifact], now: Int64) {
    guard !artifacts.isEmpty else { return }
    working.withLock { _ in
      state.withLock { state in
        for artifact in artifacts { state.book.put(artifact, at: now) }
      }
    }
  }

  /// An artifact has left the inventory.
  func remove(_ id: Int64) {
    working.withLock { _ in state.withLock { $0.book.remove(id) } }
  }

  // MARK: - Another configuration

  /// What a configuration asks for, read and fit for use, but not yet in force.
  struct Prepared: Sendable {
    fileprivate struct Draft: Sendable {
      let material: FleetMaterial
      let watch: FileWatch
    }

    fileprivate let settings: NodeSettings
    fileprivate let fleets: [Draft]
    fileprivate let sources: [SSLTorrentSource]
    fileprivate let watches: [FileWatch]
    fileprivate let entrance: TLSContext?
    /// What could not be read again, where what was read before stays in force.
    let problems: [String]
  }

  /// Reads what the settings name. What is in force already and cannot be read again stays; anything else that cannot be is a fault.
  func prepare(_ settings: NodeSettings, now: Int64) throws -> Prepared {
    let (known, knownSources) = state.withLock { state in (state.fleets, Array(zip(state.book.sources, state.watches))) }
    var (faults, problems): ([TLSFault], [String]) = ([], [])
    let fleets = settings.tls.entries.compactMap { entry -> Prepared.Draft? in
      var loader = TLSLoader(now: now)
      if let material = loader.fleet(entry) {
        return Prepared.Draft(material: material, watch: FileWatch(entry.paths, used: loader.identities))
      }
      guard var former = known.first(where: { $0.material.settings.isSame(entry) }) else {
        faults += loader.faults
        return nil
      }
      former.watch.fail(loader.problem)
      problems.append(loader.problem)
      return Prepared.Draft(material: former.material, watch: former.watch)
    }
    var (sources, watches): ([SSLTorrentSource], [FileWatch]) = ([], [])
    for (number, entry) in settings.tls.sslTorrents.enumerated() {
      var loader = TLSLoader(now: now)
      if let source = loader.sslTorrents(entry, number: number) {
        sources.append(source)
        watches.append(FileWatch(entry.paths, used: loader.identities))
      } else if let (former, watch) = knownSources.first(where: { $0.0.settings.isSame(entry) }) {
        sources.append(former.numbered(number, entry))
        watches.append(watch.failing(loader.problem))
        problems.append(loader.problem)
      } else {
        faults += loader.faults
      }
    }
    guard faults.isEmpty else { throw Failure(.configuration, faults.map(\.line)) }
    return Prepared(
      settings: settings, fleets: fleets, sources: sources, watches: watches, entrance: try Self.entrance(settings.tls.sslTorrents),
      problems: problems)
  }

  /// A context that takes what any of the entries does: which torrent is asked for is not known yet.
  private static func entrance(_ entries: [TLSSettings.SSLTorrents]) throws -> TLSContext? {
    guard let minimum = entries.map({ TLSVersion($0.minimum) }).min() else { return nil }
    return try TLSContext.entrance(minimum: minimum)
  }

  /// Puts what was prepared in force.
  func commit(_ prepared: Prepared, now: Int64) {
    working.withLock { _ in
      state.withLock { state in
        (state.links, state.dialing, state.entrance) = (prepared.settings.links, prepared.settings.dialing, prepared.entrance)
        state.https = prepared.settings.https
        state.peers = Dictionary(prepared.settings.peers.map { ($0.address, $0.security) }) { $1 }
        let former = state.fleets
        state.fleets = prepared.fleets.map { draft in
          let entry = former.first { $0.entry.name == draft.material.settings.name }?.entry
          if let entry, entry.context !== draft.material.context { entry.replace(context: draft.material.context) }
          return Fleet(
            material: draft.material, entry: entry ?? TLSEntry(name: draft.material.settings.name, context: draft.material.context),
            watch: draft.watch)
        }
        let names = Set(state.fleets.map(\.entry.name))
        state.fleets += former.filter { pinned.contains($0.entry.name) && !names.contains($0.entry.name) }
        state.watches = prepared.watches
        state.book.replace(sources: prepared.sources, at: now)
      }
    }
  }
}

extension TLSSettings.Entry {
  /// Whether another configuration means the same files.
  func isSame(_ other: Self) -> Bool {
    TLSSettings(entries: [self]).withoutPlaces == TLSSettings(entries: [other]).withoutPlaces
  }
}

extension TLSSettings.SSLTorrents {
  /// Whether another configuration means the same files.
  func isSame(_ other: Self) -> Bool { paths == other.paths }
}

extension TLSLoader {
  /// The faults in one line.
  var problem: String { faults.map(\.description).joined(separator: "; ") }
}

extension FileWatch {
  func failing(_ problem: String) -> FileWatch {
    var watch = self
    watch.fail(problem)
    return watch
  }
}
