import Control
import Foundation
import OpenSSL
import Synchronization
import TLS
import TestSupport
import Testing

@testable import GranaryNode

/// What an operator is told before links fail.
@Suite struct LinkWarningTests {
  private static let day: Int64 = 86_400

  @Test func aCertificateIsAWarningInItsLastThirtyDaysAndAfter() throws {
    let folder = try CertificateFolder()
    try folder.make("ca", isAuthority: true, days: 1000)
    try folder.make("node", by: "ca", days: 100)
    let settings = try folder.settings("  fleet: { certificate: node.pem, key: node.key, trust: ca.pem }")
    // A while after they were made: days are whole ones.
    let now = TestTime.now + 3600
    let keeper = try LinkKeeper(settings, now: now)
    #expect(keeper.warnings(now: now + 69 * Self.day).isEmpty)
    let soon = keeper.warnings(now: now + 80 * Self.day).map(\.text)
    #expect(soon.count == 1 && soon.first?.contains("expires in 19 days") == true, "\(soon)")
    let late = keeper.warnings(now: now + 101 * Self.day).map(\.text)
    #expect(late.count == 1 && late.first?.contains("expired at") == true, "\(late)")
    let entry = try #require(keeper.document(now: now)?.entries.first)
    #expect(entry.name == "fleet" && entry.subject.contains("node") && entry.daysLeft == 99 && entry.minimum == "1.3")
    #expect(keeper.document(now: now + 101 * Self.day)?.entries.first?.daysLeft == -2)
  }

  @Test func revocationListsAreAWarningInTheirLastWeekAndAfterAndWhereTheyAreMissing() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet(", revoked: revoked.crl")
    try folder.make("other", isAuthority: true)
    try folder.revoke(by: "ca", days: 20)
    let now = TestTime.now + 3600
    let keeper = try LinkKeeper(settings, now: now)
    #expect(keeper.warnings(now: now).isEmpty)
    #expect(keeper.warnings(now: now + 15 * Self.day).map(\.text).contains { $0.contains("expires in 4 days") })
    #expect(keeper.warnings(now: now + 21 * Self.day).map(\.text).contains { $0.contains("expired at") })
    try folder.revoke(by: "other")
    let without = try LinkKeeper(settings, now: now).warnings(now: now).map(\.text)
    #expect(without.contains { $0.contains("there is no revocation list of ") && $0.hasSuffix("are denied") }, "\(without)")
  }

  @Test func aCertificateThatItsOwnTrustWouldRefuseIsAWarning() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet()
    try folder.make("other", isAuthority: true)
    try folder.replace(folder.path("ca", "pem"), with: folder.path("other", "pem"))
    let warnings = try LinkKeeper(settings, now: TestTime.now).warnings(now: TestTime.now).map(\.text)
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("peers with the same trust would refuse this certificate") == true)
  }

  @Test func aWarningIsLoggedOnceADay() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet()
    let now = TestTime.now
    let keeper = try LinkKeeper(settings, now: now)
    let soon = now + 340 * Self.day
    #expect(keeper.warningsToLog(now: soon).count == 2, "the node's, and the authority's")
    #expect(keeper.warningsToLog(now: soon + 60).isEmpty)
    #expect(keeper.warningsToLog(now: soon + Self.day).count == 2)
  }
}
