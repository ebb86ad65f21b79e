import Catalogue
import Control
import Foundation
import Inventory
import Logging
import Metainfo
import OpenSSL
import PluginKit
import Settings
import Synchronization
import TestSupport
import Testing

@testable import GranaryNode

/// What a node's catalogue holds, and for whom.
@Suite struct CataloguePublisherTests {
  /// Lets everybody in, and tells only whoever comes from 10.1.0.0/16 of what is secret.
  private struct Guard: Plugin {
    static let name = "test"
    let guards: Set<PluginKit.Operation> = [.connect, .request, .metadata]

    init() {}
    init(settings: NoSettings, services: PluginServices) throws {}

    func judge(_ operation: PluginKit.Operation, _ facts: PeerFacts) throws -> Verdict {
      guard facts.address.ip != IPAddress("10.9.9.9") else { return .deny("a stranger") }
      guard let artifact = facts.artifact, artifact.name.hasPrefix("secret") else { return .allow("here") }
      return facts.address.ip == IPAddress("10.1.0.1") ? .allow("may know") : .deny("secret")
    }
  }

  private final class Seconds: Sendable {
    let value = Mutex(Int64(1_795_435_200))
    var now: WallTime { WallTime(nanoseconds: value.withLock { $0 } * 1_000_000_000) }
    func advance(_ seconds: Int64) { value.withLock { $0 += seconds } }
  }

  private func with(_ text: String = "", _ body: (NodeRig, CataloguePublisher, Seconds, TestJournal) async throws -> Void) async throws {
    try await NodeRig.run { rig in
      let yaml = "listen: [{ address: \"127.0.0.1:0\" }]\ncatalogue: { key: k, listen: [], name: depot\(text) }"
      let settings = try NodeSettings.load(bytes: Array(yaml.utf8), file: "n.yaml", environment: SettingsEnvironment())
      let pipeline = try Pipeline(plugins: [InstalledPlugin(name: "test", plugin: Guard(), place: "n.yaml:1:1")], generation: 1)
      let (seconds, journal) = (Seconds(), TestJournal())
      let publisher = CataloguePublisher(
        try #require(settings.catalogue), key: try Ed25519.PrivateKey(seed: [UInt8](repeating: 3, count: 32)), database: rig.node.database,
        policy: CataloguePolicy(pipeline: { pipeline }, journal: journal, now: { seconds.now }), logger: Logger(label: "test"),
        now: { seconds.now })
      try await body(rig, publisher, seconds, journal)
    }
  }

  private func document(_ publisher: CataloguePublisher, _ address: String = "10.1.0.1") async throws -> CatalogueDocument? {
    let reader = CatalogueReader(ip: try #require(IPAddress(address)), port: 5)
    guard let bytes = await publisher.catalogue(for: reader)?.bytes else { return nil }
    let signed = try SignedCatalogue(decoding: bytes)
    #expect(signed.envelope.isSigned(by: try Ed25519.PrivateKey(seed: [UInt8](repeating: 3, count: 32)).publicKey))
    return signed.document
  }

  @Test func `what is whole is listed by family, each version superseded by the next`() async throws {
    try await with { rig, publisher, seconds, _ in
      for name in ["app-1.10", "app-1.9", "base"] { try rig.publish(name, length: 40_000) }
      let first = try #require(try await document(publisher))
      #expect(first.name == "depot" && first.date == seconds.now.seconds && first.serial == seconds.now.nanoseconds / 1_000_000)
      #expect(first.entries.map(\.name) == ["app-1.9", "app-1.10", "base"])
      #expect(first.entries[0].supersededBy == first.entries[1].infoHash.catalogueName && first.entries[1].supersededBy == nil)
      #expect(first.entries.map(\.version) == ["1.9", "1.10", nil])
      #expect(try await document(publisher) == first)
      try rig.publish("app-1.11", length: 40_000)
      #expect(try await document(publisher) == first)
      seconds.advance(3)
      let second = try #require(try await document(publisher))
      #expect(second.entries.count == 4 && second.serial > first.serial)
      seconds.advance(3600)
      let third = try #require(try await document(publisher))
      #expect(third.entries == second.entries && third.serial > second.serial && third.date > second.date)
    }
  }

  @Test func `each reader sees what it may have, and a stranger nothing`() async throws {
    try await with { rig, publisher, _, journal in
      let secret = try rig.publish("secret-2", length: 40_000)
      let open = try rig.publish("secre-1", length: 40_000)
      #expect(try await document(publisher)?.entries.map(\.name) == ["secre-1", "secret-2"])
      #expect(try await document(publisher, "10.2.0.1")?.entries.map(\.name) == ["secre-1"])
      #expect(try await document(publisher, "10.9.9.9") == nil)
      #expect(journal.records.map(\.reason) == ["a stranger"])
      let (friend, other) = (
        CatalogueReader(ip: try #require(IPAddress("10.1.0.1")), port: 5), CatalogueReader(ip: try #require(IPAddress("10.2.0.1")), port: 5)
      )
      let (hash, known) = (secret.torrent.infoHash.catalogueText, open.torrent.infoHash.catalogueText)
      #expect(await publisher.torrent(hash, for: other) == nil)
      #expect(await publisher.torrent(String(repeating: "0", count: 40), for: other) == nil)
      let bytes = try #require(await publisher.torrent(hash, for: friend)).bytes
      #expect(try Torrent.decode(bytes).torrent.infoHash == secret.torrent.infoHash)
      #expect(await publisher.torrent(known, for: other) != nil)
      let feed = String(decoding: try #require(await publisher.feed(for: other, base: "http://h/")).bytes, as: UTF8.self)
      #expect(feed.contains("http://h/torrents/\(known).torrent") && !feed.contains("secret-2"))
    }
  }

  @Test func `what is not ready stays where it was listed, and what was never whole is not`() async throws {
    try await with { rig, publisher, seconds, _ in
      let artifact = try rig.publish("app-1", length: 40_000)
      #expect(try await document(publisher)?.entries.count == 1)
      try rig.node.database.setState(.missing, reason: "gone", of: artifact.id, at: .now())
      seconds.advance(3)
      #expect(try await document(publisher)?.entries.count == 1)
      let other = try rig.publish("app-2", length: 40_000)
      try rig.node.database.setState(.failed, reason: "x", of: other.id, at: .now())
      seconds.advance(3)
      #expect(try await document(publisher)?.entries.map(\.name) == ["app-1"])
      try rig.node.database.remove(artifact.id)
      seconds.advance(3)
      #expect(try await document(publisher)?.entries.isEmpty == true)
    }
  }

  @Test func `patterns choose what is listed`() async throws {
    try await with(", artifacts: [\"app-*\"]") { rig, publisher, _, _ in
      for name in ["app-1", "base"] { try rig.publish(name, length: 40_000) }
      #expect(try await document(publisher)?.entries.map(\.name) == ["app-1"])
    }
  }
}
