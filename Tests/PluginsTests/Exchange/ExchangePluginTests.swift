import Metainfo
import NIOCore
import NIOEmbedded
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct ExchangePluginTests {
  /// One peer of an artifact.
  private struct Partner {
    let context: PeerContext
    let peer: any PeerPlugin
    private let start = ContinuousClock.now

    init(_ torrent: any TorrentPlugin, _ address: String, artifact: ArtifactFacts, announce: Verdict = .allow("test")) throws {
      let decision = Decision(operation: .announce, judgements: [Judgement(plugin: "test", verdict: announce)])
      let plain = PolicyFixtures.grant()
      let grant = Grant(metadata: plain.metadata, request: plain.request, message: plain.message, announce: decision, generation: 1)
      let ip = try #require(IPAddress(address))
      let facts = PeerFacts(address: PeerAddress(ip: ip, port: 50_000), direction: .inbound, artifact: artifact, now: PolicyFixtures.noon)
      let loop = EmbeddedEventLoop()
      context = PeerContext(
        artifact: artifact, infoBytes: [], facts: facts, grant: grant, now: .now,
        handle: PeerHandle(loop: loop, visit: { _ in }, flush: {}))
      context.peerMessages = [PeerExchangeMessage.name: 1]
      peer = try #require(try torrent.newConnection(context))
    }

    func says(port: UInt16?, isOurs: Bool = false) throws {
      var handshake = ExtendedHandshake()
      handshake.listenPort = port
      if isOurs { handshake.extra = [ExchangePlugin.privateKey: .integer(1)] }
      #expect(try peer.onExtensionHandshake(handshake) == .stay)
    }

    /// What it is told after so many seconds.
    func told(after seconds: Int) throws -> Bencode? {
      context.acts = []
      try peer.tick(start + .seconds(seconds))
      guard case .extended(PeerExchangeMessage.name, let payload)? = context.acts.first else { return nil }
      return try Bencode.decode(Array(payload.readableBytesView), limits: .message)
    }
  }

  private func torrent(_ artifact: ArtifactFacts) throws -> any TorrentPlugin {
    let plugin = try ExchangePlugin(settings: NoSettings(), services: PolicyFixtures.services())
    return try #require(try plugin.newTorrent(artifact))
  }

  private static func open(isPrivate: Bool = false) -> ArtifactFacts {
    ArtifactFacts(
      id: 1, infoHash: PolicyFixtures.infoHash(), name: "app", labels: [:], isPrivate: isPrivate,
      layout: PolicyFixtures.layout(["a": 40]))
  }

  @Test func peersAreToldOfThoseWhoListenAndOfTheirEnd() throws {
    let artifact = Self.open()
    let torrent = try torrent(artifact)
    let one = try Partner(torrent, "10.0.0.1", artifact: artifact)
    let two = try Partner(torrent, "10.0.0.2", artifact: artifact)
    let six = try Partner(torrent, "fd00::6", artifact: artifact)
    try one.says(port: 1000)
    try two.says(port: 258)
    try six.says(port: 3)
    let first = try #require(try one.told(after: 1))
    #expect(first["added"]?.bytes == [10, 0, 0, 2, 1, 2] && first["added.f"]?.bytes == [0])
    #expect(first["added6"]?.bytes?.suffix(2) == [0, 3] && first["added6.f"]?.bytes == [0])
    #expect(first["dropped"]?.bytes == [])
    #expect(try one.told(after: 2) == nil)
    two.peer.onDisconnect(DisconnectReason(.remote, "gone"))
    #expect(try one.told(after: 30) == nil, "no more than one a minute")
    let second = try #require(try one.told(after: 62))
    #expect(second["dropped"]?.bytes == [10, 0, 0, 2, 1, 2] && second["added"]?.bytes == [])
  }

  @Test func whoMayNotBeToldOfIsNotAndHearsNothing() throws {
    let artifact = Self.open()
    let torrent = try torrent(artifact)
    let allowed = try Partner(torrent, "10.0.0.1", artifact: artifact)
    let denied = try Partner(torrent, "10.0.0.2", artifact: artifact, announce: .deny("test"))
    let silent = try Partner(torrent, "10.0.0.3", artifact: artifact)
    for partner in [allowed, denied] { try partner.says(port: 1000) }
    try silent.says(port: nil)
    #expect(try allowed.told(after: 1) == nil)
    #expect(try denied.told(after: 1) == nil)
    #expect(try silent.told(after: 1)?["added"]?.bytes == [10, 0, 0, 1, 3, 232])
    // A policy that changes its mind takes back what it can.
    let decision = Decision(operation: .announce, judgements: [Judgement(plugin: "test", verdict: .deny("later"))])
    let plain = PolicyFixtures.grant()
    allowed.context.grant = Grant(
      metadata: plain.metadata, request: plain.request, message: plain.message, announce: decision, generation: 2)
    #expect(try allowed.told(after: 2) == nil)
    #expect(try silent.told(after: 70)?["dropped"]?.bytes == [10, 0, 0, 1, 3, 232])
  }

  @Test func ofPrivateArtifactsOnlyTheWillingAreTold() throws {
    let artifact = Self.open(isPrivate: true)
    let torrent = try torrent(artifact)
    let stock = try Partner(torrent, "10.0.0.1", artifact: artifact)
    let (ours, other) = (try Partner(torrent, "10.0.0.2", artifact: artifact), try Partner(torrent, "10.0.0.3", artifact: artifact))
    try stock.says(port: 1)
    try ours.says(port: 2, isOurs: true)
    try other.says(port: 3, isOurs: true)
    #expect(try stock.told(after: 1) == nil)
    #expect(try ours.told(after: 1)?["added"]?.bytes == [10, 0, 0, 3, 0, 3])
  }

  @Test func aMessageNamesFiftyAtMost() throws {
    let artifact = Self.open()
    let torrent = try torrent(artifact)
    let all = try (0..<120).map { try Partner(torrent, "10.0.1.\($0)", artifact: artifact) }
    for (index, partner) in all.enumerated() { try partner.says(port: UInt16(index + 1)) }
    var heard = 0
    for minute in 0..<4 { heard += try all[0].told(after: 1 + minute * 61)?["added"]?.bytes.map { $0.count / 6 } ?? 0 }
    #expect(heard == 119)
    #expect(try all[1].told(after: 1)?["added"]?.bytes?.count == 300)
  }
}
