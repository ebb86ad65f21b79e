import Control
import Engine
import Inventory
import Logging
import Metainfo
import NIOPosix
import PeerProtocol
import PluginKit
import ServiceLifecycle
import Settings
import Synchronization
import TLS
import Tracker

/// The tracker that is embedded in the node: made before the node is complete, which is attached afterwards and held weakly.
final class NodeTracker: Sendable {
  private struct State: Sendable {
    weak var node: Node?
    var keys: AnnounceKeys
    /// Which listeners peers are sent to, and where those are open.
    var plan: AnnouncePlan?
    var addresses: [Endpoint] = []
    var listeners: [Listener] = []
  }

  /// An address that is open.
  struct Listener: Sendable {
    let address: Endpoint
    /// `http`, `https` or `udp`.
    let speaks: String
  }

  /// What a reload brings, read before anything changes.
  struct Fresh: Sendable {
    let settings: TrackerSettings
    let keys: AnnounceKeys
  }

  let tracker: EmbeddedTracker
  private let listen: [NodeSettings.TrackerListener]
  private let directory: Directory
  private static let expiry = Duration.seconds(20)

  /// Nil where the settings have no tracker. Throws what is wrong with its files.
  init?(_ settings: NodeSettings, peerID: PeerID, journal: any PluginKit.Journal, pipeline: @escaping @Sendable () -> Pipeline) throws {
    guard let configured = settings.tracker, let fresh = try Self.prepare(settings) else { return nil }
    directory = Directory(State(keys: fresh.keys), peerID: peerID)
    listen = configured.listen
    tracker = EmbeddedTracker(settings: fresh.settings, policy: TrackerPolicy(pipeline: pipeline), node: directory, journal: journal)
  }

  /// What the settings say of the tracker; nil where they have none.
  static func prepare(_ settings: NodeSettings) throws -> Fresh? {
    guard let tracker = settings.tracker else { return nil }
    return Fresh(settings: TrackerSettings(settings), keys: try tracker.keys.map { try AnnounceKeyFile.load($0) } ?? AnnounceKeys())
  }

  func attach(_ node: Node) { directory.state.withLock { $0.node = node } }

  /// What peers are sent to: the node's listeners of the kinds that are announced, which are open at these addresses.
  func sit(at addresses: [Endpoint], by plan: AnnouncePlan) { directory.state.withLock { ($0.plan, $0.addresses) = (plan, addresses) } }

  /// To be called once policy has changed. Where the file has no tracker any more, the one that is open goes on as it was, with its keys,
  /// until a restart.
  func commit(_ fresh: Fresh?) {
    if let fresh { directory.state.withLock { $0.keys = fresh.keys } }
    tracker.reload(fresh?.settings)
  }

  var listeners: [Listener] { directory.state.withLock { $0.listeners } }

  /// Whether all its addresses are.
  var isOpen: Bool { listeners.count == listen.count }

  private func opened(_ address: Endpoint, _ speaks: String) {
    directory.state.withLock { $0.listeners.append(Listener(address: address, speaks: speaks)) }
  }
}

/// Its sockets.
extension NodeTracker {
  /// A service for each address over HTTP, and one for all that is over UDP. `entry`: the trust entry of a name under `tls`, as it is now.
  func services(entry: @escaping @Sendable (String) -> TLSEntry?, logger: Logger) -> [any Service] {
    let directory = directory
    let faces: [any Service] = listen.filter { $0.speaks == .http }.map { listener in
      let tls = listener.tls.map { name in { @Sendable () -> TLSEntry? in entry(name) } }
      return TrackerFace(
        address: listener.address, tracker: tracker, tls: tls, keys: { directory.state.withLock { $0.keys } }, logger: logger,
        onReady: { [self] in opened($0, tls == nil ? "http" : "https") })
    }
    return faces + [DatagramTrackerService(tracker: self)]
  }

  /// Serves over UDP, and forgets who is gone, until it is cancelled.
  fileprivate func run() async throws {
    var faces: [UDPTrackerFace] = []
    do {
      for listener in listen where listener.speaks == .udp {
        let face = try await open(listener.address)
        faces.append(face)
        opened(face.address ?? listener.address, "udp")
      }
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.expiry)
        tracker.expire()
      }
    } catch {
      for face in faces { await face.close() }
      throw error
    }
    for face in faces { await face.close() }
  }

  private func open(_ address: Endpoint) async throws -> UDPTrackerFace {
    do {
      return try await UDPTrackerFace.open(address, tracker: tracker, group: MultiThreadedEventLoopGroup.singleton)
    } catch {
      throw FaceListenFailure(TrackerFace.name, address: address, reason: "\(error)")
    }
  }
}

private struct DatagramTrackerService: Service {
  let tracker: NodeTracker

  func run() async throws { try await cancelWhenGracefulShutdown { try await tracker.run() } }
}

extension NodeTracker {
  /// What the tracker asks of the node.
  private final class Directory: TrackingNode {
    let state: Mutex<State>
    private let peerID: PeerID

    init(_ state: State, peerID: PeerID) {
      self.state = Mutex(state)
      self.peerID = peerID
    }

    func facts(of artifact: Int64) async -> ArtifactFacts? {
      guard let node = state.withLock({ $0.node }) else { return nil }
      let found = try? await NIOThreadPool.singleton.runIfActive { () -> ArtifactFacts? in
        guard node.engine.isServing(artifact) else { return nil }
        let id = ArtifactID(rawValue: artifact)
        return ArtifactFacts(try node.database.artifact(id), try node.keeper.torrent(of: id).torrent)
      }
      return found ?? nil
    }

    func seat(of artifact: ArtifactFacts, for asker: TrackerAsker) -> OwnSeat? {
      let (node, plan, addresses) = state.withLock { ($0.node, $0.plan, $0.addresses) }
      guard let node, let plan, node.engine.isServing(artifact.id) else { return nil }
      let listeners = plan.places(of: artifact.infoHash, named: artifact.name, isSSLTorrent: artifact.isSSL).map(\.listener)
      let peerIDs = listeners.indices.compactMap { PeerID(PlaceIdentity.peerID(peerID.bytes, ofPlace: $0)) }
      let peers = zip(listeners, peerIDs).compactMap { listener, peerID in
        Self.address(like: listener, plan, addresses, asker).map { ListedPeer(address: $0, peerID: peerID) }
      }
      return peers.isEmpty ? nil : OwnSeat(peers: peers, peerIDs: peerIDs, isSeed: node.engine.missing(of: artifact.id) == 0)
    }

    /// Where the asker can reach a listener of the same kind: in its own family where there is one.
    private static func address(like listener: Int, _ plan: AnnouncePlan, _ addresses: [Endpoint], _ asker: TrackerAsker) -> Endpoint? {
      let alike = addresses.indices.filter { $0 < plan.securities.count && plan.securities[$0] == plan.securities[listener] }
      let reachable = alike.flatMap { plan.reaches[$0].places(of: addresses[$0], for: asker) }
      return reachable.first { $0.ip.family == asker.ip.family } ?? reachable.first
    }
  }
}

extension TrackerSettings {
  /// What the configuration says, in the tracker's words.
  init(_ settings: NodeSettings) {
    self.init()
    zones = ZoneMap(settings.zones.map { (name: $0.name, networks: $0.networks) })
    guard let tracker = settings.tracker else { return }
    interval = tracker.interval.duration
    maximumPeers = tracker.maximumPeers
    outsiders = tracker.outsidePerZone
    outsideTime = tracker.outsideFor.duration
  }
}

/// The node's part.
extension Node {
  /// The tracker as `status` has it; nil where there is none.
  var trackerDocument: StatusDocument.OwnTracker? {
    guard let tracking else { return nil }
    let figures = tracking.tracker.figures
    return StatusDocument.OwnTracker(
      listeners: tracking.listeners.map { listener in
        .init(address: listener.address.ip.description, port: Int(listener.address.port), speaks: listener.speaks)
      },
      artifacts: figures.artifacts, swarms: figures.swarms, peers: figures.peers, seeders: figures.seeders, announces: figures.announces,
      scrapes: figures.scrapes, refused: figures.refused, turnedAway: figures.turnedAway)
  }
}
