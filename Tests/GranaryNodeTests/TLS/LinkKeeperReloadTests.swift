import Control
import Foundation
import OpenSSL
import Settings
import Synchronization
import TLS
import TestSupport
import Testing

@testable import GranaryNode

/// Files that change under a running node.
@Suite struct LinkKeeperReloadTests {
  @Test func aRotatedPairTakesEffectOnceItHasSettled() throws {
    let folder = try CertificateFolder()
    let keeper = try LinkKeeper(try folder.fleet(), now: TestTime.now)
    let entry = try #require(keeper.links.fleets["fleet"])
    let before = entry.context
    #expect(!keeper.look(now: TestTime.now).isChanged)
    try folder.make("next", subject: "second", by: "ca")
    try folder.replace(folder.path("node", "key"), with: folder.path("next", "key"))
    try folder.replace(folder.path("node", "pem"), with: folder.path("next", "pem"))
    #expect(!keeper.look(now: TestTime.now).isChanged, "it may not be all yet")
    #expect(entry.context === before)
    let news = keeper.look(now: TestTime.now)
    #expect(news.isChanged && news.read == ["tls.fleet"] && news.problems.isEmpty)
    #expect(entry.context !== before)
    #expect(keeper.links.fleets["fleet"] === entry)
    #expect(keeper.document(now: TestTime.now)?.entries.first?.subject.contains("second") == true)
    #expect(!keeper.look(now: TestTime.now).isChanged)
  }

  @Test func whatDoesNotFitTogetherLeavesTheLastGoodInForceUntilItDoes() throws {
    let folder = try CertificateFolder()
    let keeper = try LinkKeeper(try folder.fleet(), now: TestTime.now)
    let entry = try #require(keeper.links.fleets["fleet"])
    let before = entry.context
    try folder.make("next", by: "ca")
    try folder.replace(folder.path("node", "pem"), with: folder.path("next", "pem"))
    _ = keeper.look(now: TestTime.now)
    let news = keeper.look(now: TestTime.now)
    #expect(!news.isChanged && news.problems.count == 1)
    #expect(news.problems.first?.contains("\(folder.path("node", "key")): is not the key of") == true)
    #expect(entry.context === before)
    #expect(keeper.look(now: TestTime.now).problems.isEmpty, "the same is told once")
    #expect(keeper.warnings(now: TestTime.now).map(\.text).contains { $0.hasSuffix("what was read before stays in force") })
    try folder.replace(folder.path("node", "key"), with: folder.path("next", "key"))
    _ = keeper.look(now: TestTime.now)
    #expect(keeper.look(now: TestTime.now).isChanged)
    #expect(entry.context !== before)
    #expect(keeper.warnings(now: TestTime.now).isEmpty)
  }

  @Test func aFileThatGoesLeavesTheLastGoodInForce() throws {
    let folder = try CertificateFolder()
    let keeper = try LinkKeeper(try folder.fleet(), now: TestTime.now)
    let aside = folder.path("node", "aside")
    try FileManager.default.moveItem(atPath: folder.path("node", "pem"), toPath: aside)
    _ = keeper.look(now: TestTime.now)
    #expect(keeper.look(now: TestTime.now).problems.first?.contains("cannot be read: No such file") == true)
    try FileManager.default.moveItem(atPath: aside, toPath: folder.path("node", "pem"))
    _ = keeper.look(now: TestTime.now)
    _ = keeper.look(now: TestTime.now)
    #expect(keeper.warnings(now: TestTime.now).isEmpty)
  }

  @Test func aNewRevocationListTakesEffect() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet(", revoked: revoked.crl")
    try folder.revoke(by: "ca", days: 3)
    let keeper = try LinkKeeper(settings, now: TestTime.now)
    #expect(keeper.document(now: TestTime.now + 3600)?.entries.first?.revocationDaysLeft == 2)
    #expect(keeper.warnings(now: TestTime.now).first?.text.contains("the revocation list of ") == true)
    try folder.revoke(by: "ca", days: 20, "next")
    try folder.replace(folder.path("revoked", "crl"), with: folder.path("next", "crl"))
    _ = keeper.look(now: TestTime.now)
    #expect(keeper.look(now: TestTime.now).isChanged)
    #expect(keeper.warnings(now: TestTime.now).isEmpty)
  }

  @Test func anotherConfigurationBringsEntriesAndTakesThem() throws {
    let folder = try CertificateFolder()
    let keeper = try LinkKeeper(try folder.fleet(), now: TestTime.now)
    let fleet = try #require(keeper.links.fleets["fleet"])
    try folder.make("edge", by: "ca")
    let more = """
        fleet: { certificate: node.pem, key: node.key, trust: ca.pem }
        edge: { certificate: edge.pem, key: edge.key, trust: ca.pem }
      """
    keeper.commit(try keeper.prepare(try folder.settings(more), now: TestTime.now), now: TestTime.now)
    #expect(keeper.links.fleets["fleet"] === fleet)
    #expect(keeper.links.fleets.keys.sorted() == ["edge", "fleet"])
    let other = try folder.settings("  new: { certificate: edge.pem, key: edge.key, trust: ca.pem }", listen: ["tls: new"])
    keeper.commit(try keeper.prepare(other, now: TestTime.now), now: TestTime.now)
    #expect(keeper.links.fleets.keys.sorted() == ["fleet", "new"], "a listener was opened with it")
    #expect(keeper.links.fleets["fleet"] === fleet)
  }

  @Test func aConfigurationWithANewFaultIsRefusedAndOneWithAnOldEntryIsNot() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet()
    let keeper = try LinkKeeper(settings, now: TestTime.now)
    let before = keeper.links.fleets["fleet"]?.context
    let faulty = try folder.settings("  fleet: { certificate: none.pem, key: node.key, trust: ca.pem }")
    #expect(throws: Failure.self) { try keeper.prepare(faulty, now: TestTime.now) }
    try folder.folder.write(Array("no".utf8), to: "node.pem")
    let prepared = try keeper.prepare(settings, now: TestTime.now)
    #expect(prepared.problems.count == 1)
    keeper.commit(prepared, now: TestTime.now)
    #expect(keeper.links.fleets["fleet"]?.context === before)
    #expect(keeper.warnings(now: TestTime.now).count == 1)
  }
}
