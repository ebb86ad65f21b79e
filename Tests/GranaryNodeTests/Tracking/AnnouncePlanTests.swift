import Metainfo
import PluginKit
import Settings
import TestSupport
import Testing
import Tracker

@testable import GranaryNode

/// Which listeners peers are sent to, and where those are.
@Suite struct AnnouncePlanTests {
  @Test(
    arguments: [
      ([.plain], .plain, .any, [0]), ([.plain], nil, .any, []), ([.sslTorrents, .plain], nil, .any, [0]),
      ([.sslTorrents, .entry("a"), .plain], .plain, .any, [2]), ([.sslTorrents, .entry("a"), .entry("b")], .plain, .any, [1]),
      ([.plain, .entry("a")], .plain, .tls, [1]), ([.sslTorrents], .plain, .tls, []), ([.plain, .entry("a")], .both, .any, [0, 1]),
      ([.entry("a"), .plain], .both, .any, [1, 0]), ([.plain, .entry("a")], .both, .tls, [1]), ([.plain], .both, .any, [0]),
      ([.plain, .entry("a")], .tls, .any, [1]), ([.plain, .sslTorrents], .tls, .any, []),
    ] as [([NodeSettings.ListenSecurity], NodeSettings.AnnounceLinks?, NodeSettings.Links, [Int])])
  func `trackers are told the listeners that peers can use`(
    listeners: [NodeSettings.ListenSecurity], word: NodeSettings.AnnounceLinks?, links: NodeSettings.Links, indices: [Int]
  ) {
    #expect(AnnouncedListener.indices(in: listeners, for: word, links: links) == indices)
  }

  private static let listeners = "open: true\ntls: { fleet: { certificate: c, key: k, trust: t } }\nlisten:\n"
  private static let two =
    listeners + "  - { address: \"0.0.0.0:1\", announce-address: 11 }\n  - { address: \"0.0.0.0:2\", tls: fleet, announce-address: 12 }\n"

  private func settings(_ yaml: String) throws -> NodeSettings {
    try NodeSettings.load(bytes: Array(yaml.utf8), file: "n.yaml", environment: SettingsEnvironment())
  }

  private func ports(_ plan: AnnouncePlan, _ name: String?, isSSLTorrent: Bool = false) -> [UInt16?] {
    plan.places(of: PolicyFixtures.infoHash(1), named: name, isSSLTorrent: isSSLTorrent).map(\.reach.v4.port)
  }

  @Test func `the first rule for an artifact counts, and what is not known by name yet is taken for what wants TLS`() throws {
    let rules = "announce-links: [{ artifacts: [\"open-*\"], links: plain }, { artifacts: [\"secret-*\"], links: tls }, "
    let settings = try settings(Self.two + rules + "{ artifacts: [\"*\"], links: both }]\n")
    let plan = AnnouncePlan(settings.listen, settings)
    #expect(ports(plan, "open-1") == [11] && ports(plan, "secret-1") == [12] && ports(plan, "other") == [11, 12])
    #expect(ports(plan, nil) == [12])
    #expect(ports(plan, "open-1", isSSLTorrent: true) == [])
  }

  @Test func `by default it is the plain listener`() throws {
    let settings = try settings(Self.two)
    #expect(ports(AnnouncePlan(settings.listen, settings), "a") == [11])
    #expect(ports(AnnouncePlan(settings.listen, settings), nil) == [11])
  }

  @Test func `a reload moves what is announced, also where listeners wait for a restart`() throws {
    let opened = try settings(Self.two).listen
    let moved = try settings(Self.two.replacing("11", with: "21"))
    #expect(AnnouncePlan(opened, moved).reaches.map(\.v4.port) == [21, 12])
    let third = try settings(Self.listeners + "  - { address: \"0.0.0.0:2\", tls: fleet, announce-address: 22 }\n")
    #expect(AnnouncePlan(opened, third).reaches.map(\.v4.port) == [11, 22])
  }

  @Test(
    arguments: [
      // What is announced is told to others; where nothing is, the address where the tracker was reached.
      ("0.0.0.0:1", nil, nil, "10.0.0.9", "10.0.0.1", ["10.0.0.1:1"]),
      ("0.0.0.0:1", nil, 7, "10.0.0.9", "10.0.0.1", ["10.0.0.1:7"]),
      ("0.0.0.0:1", "203.0.113.7", 7, "10.0.0.9", "10.0.0.1", ["203.0.113.7:7"]),
      ("0.0.0.0:1", "203.0.113.7", nil, "10.0.0.9", "10.0.0.1", ["203.0.113.7:1"]),
      ("127.0.0.1:1", nil, nil, "10.0.0.9", "10.0.0.1", []),
      ("127.0.0.1:1", "203.0.113.7", nil, "10.0.0.9", "10.0.0.1", ["203.0.113.7:1"]),
      ("10.0.0.1:1", "127.0.0.9", nil, "10.0.0.9", "10.0.0.1", []),
      // Of the other family there is the listener still.
      ("[::]:1", "203.0.113.7", 7, "fd00::9", "fd00::1", ["203.0.113.7:7", "[fd00::1]:1"]),
    ] as [(String, String?, UInt16?, String, String, [String])])
  func `the node's own tracker sends peers to what is announced`(
    listener: String, ip: String?, port: UInt16?, asker: String, local: String, places: [String]
  ) throws {
    let reach = AnnouncedReach(v4: .init(ip: ip.flatMap { IPAddress($0) }, port: port))
    let asker = TrackerAsker(ip: try #require(IPAddress(asker)), local: IPAddress(local))
    #expect(reach.places(of: try #require(PeerAddress(listener)), for: asker).map(\.description) == places)
  }
}
