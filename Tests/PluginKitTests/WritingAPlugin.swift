// The code of the article `WritingAPlugin`, which a test compares with these regions. It uses what other packages can use: PluginKit alone.

// snippet: guard
import PluginKit

/// Artifacts that carry the label `site` stay within that site's network.
struct SiteGuard: Plugin {
  struct Settings: Decodable, Sendable {
    let sites: [String: Placed<String>]
    private enum CodingKeys: CodingKey { case sites }
  }

  static let name = "site-guard"
  static let summary = "guards request and metadata: artifacts labelled site=NAME stay within that site's network"
  static let hooks: [Hook] = [.judge]

  let guards: Set<Operation> = [.request, .metadata]
  private let networks: [String: IPNetwork]

  init(settings: Settings, services: PluginServices) throws {
    networks = try settings.sites.mapValues { text in
      guard let network = IPNetwork(text.value), !network.hasHostBits else {
        throw SettingsProblem("'\(text.value)' is not a network such as 10.1.0.0/16", place: text.place)
      }
      return network
    }
  }

  func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    guard let site = facts.artifact?.labels["site"] else { return .allow("the artifact belongs to no site") }
    guard let network = networks[site] else { return .deny("site \(site) has no network", rule: "sites") }
    guard network.contains(facts.address.ip) else {
      return .deny("\(facts.address.ip) is not in \(site), which is \(network)", rule: "sites.\(site)")
    }
    return .allow("\(facts.address.ip) is in \(site)", rule: "sites.\(site)")
  }
}
// end

// snippet: handler
/// Gives each connection so many blocks a second at most.
struct Pace: Plugin {
  struct Settings: Decodable, Sendable {
    let blocksPerSecond: Placed<Int>
    private enum CodingKeys: String, CodingKey { case blocksPerSecond = "blocks_per_second" }
  }

  static let name = "pace"
  static let summary = "gives each connection so many blocks a second"
  static let hooks: [Hook] = [.newTorrent, .newConnection, .onRequest]

  private let interval: Duration

  init(settings: Settings, services: PluginServices) throws {
    let rate = settings.blocksPerSecond
    guard (1...1_000_000).contains(rate.value) else {
      throw SettingsProblem("blocks_per_second must be 1 to 1000000", place: rate.place)
    }
    interval = .seconds(1) / rate.value
  }

  func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? { PaceTorrent(interval: interval) }
}
// end

// snippet: roles
/// Once for each artifact that has peers. Shared by all event loops, so it is Sendable; the compiler sees to it.
private struct PaceTorrent: TorrentPlugin {
  let interval: Duration

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? { PacePeer(peer, interval) }
}

/// Once for each connection. It never leaves the connection's event loop, so plain variables are safe.
private final class PacePeer: PeerPlugin {
  private let peer: PeerContext
  private let interval: Duration
  private var next: ContinuousClock.Instant

  init(_ peer: PeerContext, _ interval: Duration) {
    (self.peer, self.interval, next) = (peer, interval, peer.now)
  }

  func onRequest(_ block: Block) throws -> RequestAnswer {
    guard peer.now >= next else { return .postpone(until: next) }
    next = peer.now + interval
    return .pass
  }
}
// end
