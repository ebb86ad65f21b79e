import Engine
import Inventory
import PluginKit
import Settings
import Synchronization
import Tracker

/// Where peers are sent: what trackers, the node's own among them, and peers are told.
extension Node {
  /// For the listeners that are open, as the configuration of now has it.
  var announcePlan: AnnouncePlan { AnnouncePlan(initial.listen, settings) }

  /// What trackers are told of an artifact, which names these.
  func announced(_ artifact: ArtifactSummary, _ listed: [[String]]) -> AnnouncedTorrent {
    AnnouncedTorrent(
      id: artifact.id.rawValue, infoHashes: artifact.infoHash.wire, trackers: settings.trackers(listed, of: artifact),
      places: announcePlan.places(of: artifact))
  }

  /// The port that a listener has; 0 where it is not open.
  func listenPort(of listener: Int) -> UInt16 {
    let listeners = state.withLock { $0.listeners }
    return listeners.indices.contains(listener) ? listeners[listener].port : 0
  }

  /// The port that trackers are told of a place over IPv4; nil where nothing listens there.
  func port(at place: AnnouncedPlace) -> UInt16? {
    let port = listenPort(of: place.listener)
    return port == 0 ? nil : place.reach.v4.port ?? port
  }

  /// Addresses under which trackers may name this node to itself.
  var ownAddresses: Set<PeerAddress> {
    let listeners = state.withLock { $0.listeners }
    let told = zip(listeners, announcePlan.reaches).flatMap { $1.places(listeningAt: $0.port) }
    return Set(listeners + told)
  }

  /// Tells the node's own tracker, and peers that are dialed from now on, where peers come to.
  func tellPlaces() {
    let (listeners, plan) = (state.withLock { $0.listeners }, announcePlan)
    tracking?.sit(at: listeners, by: plan)
    var ports = ReachedPorts()
    for (index, listener) in listeners.enumerated() where plan.securities.indices.contains(index) {
      ports.add(ReachedPorts.Ports(listener, plan.reaches[index]), of: ListenSecurity(plan.securities[index]))
    }
    engine.replace(ports: ports)
  }
}

extension ReachedPorts.Ports {
  /// Of a listener: the ports that are told, and its own for addresses of the families that it is open for.
  fileprivate init(_ listener: PeerAddress, _ reach: AnnouncedReach) {
    let isForAll = listener.ip.family == .v6 && listener.ip.bytes.allSatisfy { $0 == 0 }
    func port(_ family: IPAddress.Family) -> UInt16? {
      reach.way(of: family).port ?? (listener.ip.family == family || isForAll || reach.way(of: family).ip != nil ? listener.port : nil)
    }
    self.init(v4: port(.v4), v6: port(.v6))
  }
}
