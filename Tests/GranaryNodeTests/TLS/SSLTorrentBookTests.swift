import Control
import Foundation
import Inventory
import Metainfo
import OpenSSL
import Settings
import Synchronization
import TLS
import TestSupport
import Testing

@testable import GranaryNode

/// Which SSL torrents are served under which certificate.
@Suite struct SSLTorrentBookTests {
  private func artifact(
    _ id: Int64, _ root: String, name: String = "tools", torrent: String = "tools", labels: [String: String] = [:]
  ) throws -> SSLArtifact {
    let hash = try #require(SHA1Digest(hex: String(repeating: "0", count: 39) + "\(id)"))
    return SSLArtifact(
      id: ArtifactID(rawValue: id), infoHash: InfoHash(v1: hash), name: name, torrentName: torrent, labels: labels,
      rootCertificate: try String(contentsOfFile: root, encoding: .utf8))
  }

  private func keeper(_ folder: borrowing CertificateFolder, _ entries: [String], listen: [String] = ["tls: ssl-torrent"]) throws
    -> LinkKeeper
  {
    let tls = "  ssl-torrent:\n" + entries.map { "    - { \($0) }" }.joined(separator: "\n")
    return try LinkKeeper(try folder.settings(tls, listen: listen), now: TestTime.now)
  }

  private func refusals(_ keeper: LinkKeeper) -> [String] { keeper.state.withLock { Array($0.book.refusals.values) } }

  @Test func theFirstEntryThatMatchesIsTheArtifacts() throws {
    let folder = try CertificateFolder()
    try folder.make("root", isAuthority: true)
    for name in ["a", "b", "c"] { try folder.make(name, subject: "*", by: "root") }
    let keeper = try keeper(
      folder,
      [
        "artifacts: [\"label:channel=stable\"], certificate: a.pem, key: a.key", "artifacts: [\"tools*\"], certificate: b.pem, key: b.key",
        "artifacts: [\"\(String(repeating: "0", count: 39))3\"], certificate: c.pem, key: c.key",
      ])
    let root = folder.path("root", "pem")
    keeper.put(
      [
        try artifact(1, root, labels: ["channel": "stable"]), try artifact(2, root), try artifact(3, root, name: "other"),
        try artifact(4, root, name: "none", labels: ["channel": "test"]),
      ], now: TestTime.now)
    #expect(keeper.links.sslTorrents.keys.sorted() == [1, 2, 3])
    #expect(refusals(keeper) == ["no entry of tls.ssl-torrent is for it"])
    #expect(keeper.document(now: TestTime.now)?.entries.map(\.torrents) == [1, 1, 1])
    #expect(keeper.document(now: TestTime.now)?.sslTorrentsWithoutCertificate == 1)
    #expect(keeper.links.sslTorrents[2]?.name == "torrent:\(String(repeating: "0", count: 39))2")
    keeper.remove(2)
    #expect(keeper.links.sslTorrents.keys.sorted() == [1, 3])
    #expect(keeper.isSSLTorrent(1) && !keeper.isSSLTorrent(2))
  }

  @Test func artifactsOfOneRootShareTheirContext() throws {
    let folder = try CertificateFolder()
    try folder.make("root", isAuthority: true)
    try folder.make("a", subject: "*", by: "root")
    let keeper = try keeper(folder, ["artifacts: [\"*\"], certificate: a.pem, key: a.key"])
    keeper.put([try artifact(1, folder.path("root", "pem")), try artifact(2, folder.path("root", "pem"), torrent: "x")], now: TestTime.now)
    let entries = keeper.links.sslTorrents
    #expect(entries[1] !== entries[2])
    #expect(try #require(entries[1]).context === entries[2]?.context)
  }

  @Test(
    arguments: [
      ("tools", nil, true), ("*", nil, true), ("TOOLS", nil, false), ("other", "tools", true), ("other", "*", true),
      ("tools", "other", true),
      ("other", "TOOLS", false), ("*.bin", nil, false),
    ] as [(String, String?, Bool)])
  func theNameRuleIsLibtorrents(subject: String, dns: String?, isGood: Bool) throws {
    let folder = try CertificateFolder()
    try folder.make("root", isAuthority: true)
    try folder.make("a", subject: subject, by: "root", dns: dns)
    let keeper = try keeper(folder, ["artifacts: [\"*\"], certificate: a.pem, key: a.key"])
    keeper.put([try artifact(1, folder.path("root", "pem"))], now: TestTime.now)
    #expect(keeper.links.sslTorrents.isEmpty == !isGood)
    #expect(refusals(keeper).contains { $0.contains("is for another name") } == !isGood)
  }

  @Test func aCertificateOfAnotherRootIsRefusedAndTold() throws {
    let folder = try CertificateFolder()
    try folder.make("root", isAuthority: true)
    try folder.make("other", isAuthority: true)
    try folder.make("a", subject: "*", by: "other")
    let keeper = try keeper(folder, ["artifacts: [\"*\"], certificate: a.pem, key: a.key"], listen: ["tls: ssl-torrent"])
    keeper.put([try artifact(1, folder.path("root", "pem"), name: "tools-1.0")], now: TestTime.now)
    #expect(keeper.links.sslTorrents.isEmpty)
    let warnings = keeper.warnings(now: TestTime.now).map(\.text)
    #expect(warnings.count == 1)
    #expect(warnings.first?.hasPrefix("tools-1.0 is an SSL torrent and not served: ") == true, "\(warnings)")
  }

  @Test func withoutACertificateOrAListenerThereIsAWarning() throws {
    let folder = try CertificateFolder()
    try folder.make("root", isAuthority: true)
    let keeper = try LinkKeeper(try folder.fleet(), now: TestTime.now)
    #expect(keeper.warnings(now: TestTime.now).isEmpty)
    keeper.put([try artifact(1, folder.path("root", "pem"))], now: TestTime.now)
    let warnings = keeper.warnings(now: TestTime.now).map(\.text)
    #expect(warnings.contains { $0.contains("no listener has 'tls: ssl-torrent'") })
    #expect(warnings.contains { $0.contains("there is no certificate under tls.ssl-torrent") })
  }

  @Test func aRotatedCertificateIsSwappedIntoTheSameEntry() throws {
    let folder = try CertificateFolder()
    try folder.make("root", isAuthority: true)
    try folder.make("a", subject: "*", by: "root")
    try folder.make("b", subject: "*", by: "root")
    let keeper = try keeper(folder, ["artifacts: [\"*\"], certificate: a.pem, key: a.key"])
    keeper.put([try artifact(1, folder.path("root", "pem"))], now: TestTime.now)
    let entry = try #require(keeper.links.sslTorrents[1])
    let before = entry.context
    try folder.replace(folder.path("a", "key"), with: folder.path("b", "key"))
    try folder.replace(folder.path("a", "pem"), with: folder.path("b", "pem"))
    _ = keeper.look(now: TestTime.now)
    #expect(keeper.look(now: TestTime.now).read == ["tls.ssl-torrent[0]"])
    #expect(keeper.links.sslTorrents[1] === entry)
    #expect(entry.context !== before)
  }
}
