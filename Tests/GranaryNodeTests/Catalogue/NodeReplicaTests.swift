import Catalogue
import Control
import Foundation
import HTTPClient
import Inventory
import Metainfo
import OpenSSL
import PluginKit
import Settings
import Synchronization
import TestSupport
import Testing

@testable import GranaryNode

/// A node as a mirror's replica.
@Suite struct NodeReplicaTests {
  @Test func `what is in the inventory is held, and what is retired is gone with its data`() async throws {
    try await NodeRig.run { rig in
      let (old, new) = (try rig.publish("app-1", length: 40_000), try rig.publish("app-2", length: 40_000))
      let replica = NodeReplica { _, _ in }
      replica.attach(rig.node)
      let held = try await replica.held()
      #expect(held.map(\.name) == ["app-1", "app-2"] && held.allSatisfy { $0.isComplete && $0.origin == nil && $0.size == 80_000 })
      try await replica.retire(old.torrent.infoHash, reason: "there are 3 newer versions")
      #expect(try await replica.held().map(\.name) == ["app-2"])
      #expect(!rig.isServing(old) && rig.isServing(new))
      #expect(!FileManager.default.fileExists(atPath: rig.folder.path("data/app-1")))
      #expect(FileManager.default.fileExists(atPath: rig.folder.path("data/app-2/a.bin")))
      try await replica.retire(old.torrent.infoHash, reason: "again")
    }
  }

  @Test func `a fetch that has failed is held as such, and gone on with`() async throws {
    try await NodeRig.run { rig in
      let built = try TorrentFixtures.torrent(.v1, name: "app-9", files: [.init("app-9", [UInt8](repeating: 7, count: 40_000))])
      let torrent = try Torrent.decode(built.bytes).torrent
      let submission = FetchSubmission(name: "app-9", root: rig.folder.path("data"), select: nil, peers: [], labels: [:])
      let artifact = try rig.node.fetch(torrent, built.bytes, submission)
      let replica = NodeReplica { _, _ in }
      replica.attach(rig.node)
      #expect(try await replica.held().map(\.isFailed) == [false])
      rig.node.fetchFailed(artifact.id, "something is in its place")
      let deadline = ContinuousClock.now + .seconds(60)
      while try await replica.held().map(\.isFailed) != [true] { try #require(ContinuousClock.now < deadline) }
      try await replica.retry(torrent.infoHash)
      #expect(try rig.node.database.artifact(artifact.id).state == .fetching)
      #expect(try await replica.held().map(\.isFailed) == [false])
      // Of one that goes on there is nothing to begin.
      try await replica.retry(torrent.infoHash)
    }
  }

  @Test func `what is withheld is not served, and is again once it is released`() async throws {
    try await NodeRig.run { rig in
      let artifact = try rig.publish("app-1", length: 40_000)
      let replica = NodeReplica { _, _ in }
      replica.attach(rig.node)
      try await replica.withhold(artifact.torrent.infoHash, reason: "nobody vouches for it")
      #expect(!rig.isServing(artifact))
      #expect(try await replica.held().map(\.isWithheld) == [true])
      #expect(try rig.artifact(artifact).stateReason == "withheld by the mirror: nobody vouches for it")
      try await replica.release(artifact.torrent.infoHash)
      #expect(try await replica.held().map(\.isWithheld) == [false])
      #expect(rig.isServing(artifact))
    }
  }

  @Test func `what the mirror remembers is in the inventory`() async throws {
    let store = InventoryMirrorStore(database: try InventoryDatabase.inMemory())
    let last = AcceptedCatalogue(name: "depot", serial: 4, date: 1_795_435_200, digest: .hash(of: [1]))
    let catalogue = FollowedCatalogue(url: "http://a/c", bytes: [1], last: last, etag: "\"e\"", acceptedAt: 1_795_435_201)
    try await store.keep(catalogue)
    #expect(try await store.followed("http://a/c") == catalogue)
    let artifact = MirroredArtifact(
      infoHash: PolicyFixtures.infoHash(), name: "a", origin: .init(catalogue: "http://a/c", unwantedSince: 1_795_435_200))
    try await store.put([artifact])
    #expect(try await store.mirrored() == [artifact])
    try await store.forget([artifact.infoHash])
    #expect(try await store.mirrored().isEmpty)
  }

  @Test func `the settings of a mirror become what is followed`() throws {
    let yaml = """
      listen: [{ address: "127.0.0.1:0" }]
      artifacts: { roots: [/srv, /mnt] }
      mirror:
        - { catalogue: "https://a:1/c", keys: ["\(String(repeating: "8a", count: 32))"], take: "app-*", keep: 3, grace: 1h, every: 1m, max-age: 1d }
        - { catalogue: "http://b/c", unsigned: true, take: ["x"] }
        - { catalogue: "https://a:1/c", keys: ["\(String(repeating: "8a", count: 32))"], take: [base], to: /mnt, every: 1m, max-age: 1d }
      disk: { max: 1 GiB }
      """
    let settings = try NodeSettings.load(bytes: Array(yaml.utf8), file: "n.yaml", environment: SettingsEnvironment())
    let fresh = try NodeMirror.prepare(settings)
    #expect(fresh.mirrors.map(\.url.description) == ["https://a:1/c", "http://b/c"])
    let first = try #require(fresh.mirrors.first)
    #expect(first.rules.map(\.keep) == [3, nil] && first.rules.map(\.grace) == [3600, 86_400] && first.folders == ["/srv", "/mnt"])
    #expect(first.trust.requiresSignature && first.trust.maximumAge == 86_400 && first.timing.every == .seconds(60))
    #expect(fresh.mirrors.last?.trust.requiresSignature == false)
    #expect(fresh.budget == DiskBudget(most: 1 << 30))
  }

  @Test func `a key's file is its owner's alone`() throws {
    let folder = try TemporaryDirectory("key")
    let path = folder.path("catalogue.key")
    let made = try CatalogueKeyFile.make(path)
    #expect(try CatalogueKeyFile.load(path).publicKey.bytes == made.publicKey.bytes)
    #expect(throws: Failure.self) { try CatalogueKeyFile.make(path) }
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect { try CatalogueKeyFile.load(path) } throws: { ($0 as? SettingsProblem)?.isPermission == true }
    try folder.write(Array("zz".utf8), to: "bad.key")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path("bad.key"))
    #expect(throws: SettingsProblem.self) { try CatalogueKeyFile.load(folder.path("bad.key")) }
    #expect(throws: SettingsProblem.self) { try CatalogueKeyFile.load(folder.path("none.key")) }
  }
}
