import Control
import Foundation
import Inventory
import Metainfo
import Settings
import TestSupport
import Testing
import Tracker

@testable import GranaryNode

/// A node with SSL torrents: what it makes of them when they come, and when it starts again.
@Suite struct SSLTorrentNodeTests {
  private func configuration(
    _ folder: borrowing CertificateFolder, listen: [String] = ["tls: ssl-torrent"], state: String = "state"
  ) throws -> NodeConfiguration {
    try FileManager.default.createDirectory(atPath: folder.folder.path("data"), withIntermediateDirectories: true)
    let extra = "node: { name: rig, state: \(state) }\nartifacts: { roots: [data] }\nscrub: { every: never }\n"
    let tls = "  ssl-torrent: [{ artifacts: [\"label:channel=stable\"], certificate: t.pem, key: t.key }]"
    return NodeConfiguration(settings: try folder.settings(tls, listen: listen, extra: extra))
  }

  private func publish(_ folder: borrowing CertificateFolder, _ configuration: NodeConfiguration, labels: [String: String]) throws -> Found
  {
    try folder.folder.write(TorrentFixtures.content(50_000), to: "data/tools")
    let publisher = Publisher(
      roots: RootsPolicy(roots: configuration.settings.artifacts.roots), paths: configuration.paths, threads: 1)
    let order = Publisher.Order(
      path: folder.folder.path("data/tools"), name: nil, version: .hybrid, pieceLength: nil, source: nil,
      trackers: ["http://127.0.0.1:9/announce"], webSeeds: [], labels: labels, isPrivate: true, isPortable: false, skipSymlinks: false,
      output: nil, sslRoot: try SSLRoot.read(folder.path("root", "pem")))
    return try publisher.publish(order).found
  }

  @Test func anArtifactHasItsEntryFromWhenItComesAndAgainAfterAStart() async throws {
    let folder = try CertificateFolder()
    try folder.make("root", isAuthority: true)
    try folder.make("t", subject: "tools", by: "root")
    let configuration = try configuration(folder)
    let node = try Node(configuration: configuration) { configuration }
    node.attach()
    let found = try publish(folder, configuration, labels: ["channel": "stable"])
    let id = try node.keep(found).artifact.id
    #expect(node.links.links.sslTorrents.keys.sorted() == [id.rawValue])
    await node.shutDown(why: "the test starts it again")

    // Another process would find the lock free; this one has it until the node is gone.
    let later = try self.configuration(folder, state: "later")
    try later.paths.makeFolders()
    try FileManager.default.copyItem(atPath: configuration.paths.inventory, toPath: later.paths.inventory)
    let again = try Node(configuration: later) { later }
    again.attach()
    #expect(again.links.links.sslTorrents.isEmpty)
    let survey = try again.putInService()
    #expect(again.links.links.sslTorrents.keys.sorted() == [id.rawValue])
    #expect(survey.announced.map(\.trackers.isEmpty) == [false])
    #expect(survey.announced.map(\.places) == [[AnnouncedPlace(listener: 0)]])
    let infoHash = try again.database.artifact(id).infoHash
    #expect(again.announcePlan.places(of: infoHash, named: "tools", isSSLTorrent: false).isEmpty)
    #expect(again.links.warnings(now: TestTime.now).isEmpty)
    let document = ArtifactDocument(try again.database.artifact(id), found.torrent)
    #expect(document.sslTorrent && document.sslRoot?.contains("root") == true)
    try again.database.remove(id)
    again.forgetSSLTorrent(id)
    #expect(again.links.links.sslTorrents.isEmpty)
    await again.shutDown(why: "the test is over")
  }

  @Test func withoutAListenerOrACertificateItIsNotAnnouncedAndStatusSaysWhy() async throws {
    let folder = try CertificateFolder()
    try folder.make("root", isAuthority: true)
    try folder.make("t", subject: "tools", by: "root")
    let configuration = try configuration(folder, listen: ["tls: ssl-torrent"].map { _ in "tls: ~" })
    let node = try Node(configuration: configuration) { configuration }
    node.attach()
    _ = try node.keep(try publish(folder, configuration, labels: [:]))
    #expect(node.links.links.sslTorrents.isEmpty)
    #expect(try node.putInService().announced.map(\.places) == [[]])
    let status = try await NodeControlFace(node: node).status()
    #expect(status.warnings.contains { $0.contains("no listener has 'tls: ssl-torrent'") })
    #expect(status.warnings.contains { $0 == "tools is an SSL torrent and not served: no entry of tls.ssl-torrent is for it" })
    #expect(status.tls?.sslTorrentsWithoutCertificate == 1)
    await node.shutDown(why: "the test is over")
  }
}
