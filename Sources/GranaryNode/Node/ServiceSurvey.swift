import Engine
import Inventory
import Metainfo
import PluginKit
import Settings
import Tracker

/// What a node does with each artifact of its inventory, found in one pass over their summaries: no torrent is read, no file looked at.
struct ServiceSurvey {
  /// To be served. Evidence and roots are looked at more closely when somebody asks for one of them.
  private(set) var served: [ServedArtifact] = []
  /// What the trackers of each are told; without trackers, nothing.
  private(set) var announced: [AnnouncedTorrent] = []
  /// Peers to be dialed for an artifact, where the configuration names any.
  private(set) var dials: [(artifact: Int64, peers: Set<PeerAddress>)] = []
  /// They were not ready when they were last looked at.
  private(set) var doubtful: [ArtifactID] = []
  /// They lie outside of the roots.
  private(set) var outside: [(id: ArtifactID, dataRoot: String)] = []

  private let settings: NodeSettings
  private let roots: RootsPolicy
  private var lists: [Int64: [[String]]] = [:]
  private var permitted: [Int64: [[String]]] = [:]

  private let plan: AnnouncePlan

  /// The survey of an inventory under these settings. `plan`: where the peers of each artifact come to.
  static func of(_ database: InventoryDatabase, _ settings: NodeSettings, _ plan: AnnouncePlan) throws -> ServiceSurvey {
    var survey = ServiceSurvey(settings, plan)
    try database.forEachSummary { count, lists in
      survey.lists = lists
      survey.served.reserveCapacity(count)
      survey.announced.reserveCapacity(count)
    } _: { artifact in
      survey.take(artifact)
    }
    return survey
  }

  private init(_ settings: NodeSettings, _ plan: AnnouncePlan) {
    (self.settings, self.plan) = (settings, plan)
    roots = RootsPolicy(roots: settings.artifacts.roots)
  }

  private mutating func take(_ artifact: ArtifactSummary) {
    guard !artifact.state.isLeftAlone else { return }
    guard artifact.state == .ready, artifact.method != nil else { return doubtful.append(artifact.id) }
    guard roots.admits(artifact.dataRoot) else { return outside.append((artifact.id, artifact.dataRoot)) }
    let wire = artifact.infoHash.wire
    served.append(ServedArtifact(id: artifact.id.rawValue, wire: wire, missing: artifact.missing))
    announced.append(
      AnnouncedTorrent(id: artifact.id.rawValue, infoHashes: wire, trackers: trackers(of: artifact), places: plan.places(of: artifact)))
    guard !settings.peers.isEmpty else { return }
    dials.append((artifact.id.rawValue, settings.peers(of: artifact)))
  }

  private mutating func trackers(of artifact: ArtifactSummary) -> [[String]] {
    guard let number = artifact.trackerList, let list = lists[number] else { return [] }
    if artifact.method == .hashed { return list }
    if let known = permitted[number] { return known }
    let filtered = settings.permitted(list)
    permitted[number] = filtered
    return filtered
  }
}

extension AnnouncePlan {
  /// Where the peers of an artifact come to.
  func places(of artifact: ArtifactSummary) -> [AnnouncedPlace] {
    places(of: artifact.infoHash, named: artifact.name, isSSLTorrent: artifact.isSSL)
  }
}

extension NodeSettings {
  /// The trackers of an artifact that are announced to. A torrent that was made elsewhere may name any host: it is announced only to those
  /// that the operator lists.
  func trackers(_ trackers: [[String]], of artifact: ArtifactSummary) -> [[String]] {
    artifact.method == .hashed ? trackers : permitted(trackers)
  }

  /// Of these trackers those that the operator lists.
  func permitted(_ tiers: [[String]]) -> [[String]] {
    tiers.map { tier in
      tier.filter { url in trackers.contains(url) || TrackerHost.of(url).map(origins.contains) == true }
    }.filter { !$0.isEmpty }
  }

  /// The peers that are dialed for an artifact.
  func peers(of artifact: ArtifactSummary) -> Set<PeerAddress> {
    Set(peers.filter { $0.isFor(artifact) }.map(\.address))
  }
}

extension NodeSettings.StaticPeer {
  /// Whether the peer is to be dialed for the artifact: by name pattern or info-hash; no list means every artifact.
  fileprivate func isFor(_ artifact: ArtifactSummary) -> Bool {
    guard let artifacts else { return true }
    return artifacts.contains { ArtifactPattern($0).matches(name: artifact.name, infoHash: artifact.infoHash) }
  }
}
