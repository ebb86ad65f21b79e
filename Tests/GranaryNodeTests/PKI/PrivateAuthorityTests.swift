import Foundation
import OpenSSL
import TestSupport
import Testing

@testable import GranaryNode

/// An authority in a folder of the test's own, at a moment of the test's own.
struct AuthorityRig {
  let folder: TemporaryDirectory
  let files: AuthorityFolder
  static let now: Int64 = 1_800_000_000

  init(_ plan: PrivateAuthority.Plan = .init()) throws {
    folder = try TemporaryDirectory("pki")
    files = try PrivateAuthority.create(folder.path("pki"), plan, now: Self.now)
  }

  func open(after seconds: Int64 = 0) throws -> PrivateAuthority { try PrivateAuthority(files.path, now: Self.now + seconds) }

  @discardableResult
  func issue(_ name: String, spiffe: [String] = [], dns: [String] = [], days: Int = 365) throws -> IssuedRecord {
    try open().issue(try IssueOrder(name: name, spiffe: spiffe, dns: dns, days: days))
  }

  func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  func judge(_ certificate: Certificate, after seconds: Int64 = 0) throws {
    let store = try TrustStore(
      anchors: [try files.readCertificate()], revocationLists: [try files.readRevocationList()], shape: .chains)
    for role in [PeerRole.client, .server] { _ = try store.judge([certificate], as: role, at: Self.now + seconds) }
  }
}

/// What an authority does with its files, and what peers make of the result.
struct PrivateAuthorityTests {
  @Test
  func itsFilesHaveTheModesOfTheirSecrets() throws {
    let rig = try AuthorityRig()
    try rig.issue("edge-7")
    #expect(try rig.mode(rig.files.path) == 0o700)
    for file in [rig.files.key, rig.files.index, rig.files.key(of: "edge-7")] { #expect(try rig.mode(file) == 0o600) }
    for file in [rig.files.certificate, rig.files.revoked] { #expect(try rig.mode(file) == 0o644) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: rig.folder.path) == ["pki"])
  }

  @Test(arguments: [PrivateKey.Kind.p256, .ed25519])
  func whatItIssuesIsGoodUntilItIsRevoked(kind: PrivateKey.Kind) throws {
    let rig = try AuthorityRig(.init(key: kind))
    let record = try rig.issue("edge-7", spiffe: ["spiffe://corp/edge/7"], dns: ["edge-7.corp", "*"])
    let certificate = try AuthorityFolder.certificate(rig.files.certificate(of: "edge-7"))
    #expect(certificate.serial == record.serial && certificate.uris == ["spiffe://corp/edge/7"])
    #expect(certificate.dnsNames == ["edge-7.corp", "*"] && certificate.commonNames == ["edge-7"])
    #expect(try PrivateKey.parse(pem: AuthorityFolder.read(rig.files.key(of: "edge-7"))).matches(certificate))
    try rig.judge(certificate)
    let revocation = try rig.open(after: 10).revoke("edge-7", reason: .superseded)
    #expect(revocation.records.map(\.serial) == [record.serial] && revocation.already == 0 && revocation.list.number == 2)
    let rejection = #expect(throws: CertificateRejection.self) { try rig.judge(certificate, after: 20) }
    #expect(rejection?.code == .revoked)
  }

  @Test
  func aListEndsUnlessItIsRenewed() throws {
    let rig = try AuthorityRig(.init(listDays: 20))
    try rig.issue("edge-7")
    let certificate = try AuthorityFolder.certificate(rig.files.certificate(of: "edge-7"))
    let late = 21 * PrivateAuthority.day
    let rejection = #expect(throws: CertificateRejection.self) { try rig.judge(certificate, after: late) }
    #expect(rejection?.code == .staleRevocationList)
    let list = try rig.open(after: late).revoke(nil).list
    try rig.judge(certificate, after: late + 19 * PrivateAuthority.day)
    #expect(list.number == 2 && list.serials.isEmpty && list.nextUpdate == AuthorityRig.now + late + 20 * PrivateAuthority.day)
    #expect(try rig.open(after: late).revoke(nil, listDays: 3).list.nextUpdate == AuthorityRig.now + late + 3 * PrivateAuthority.day)
  }

  @Test
  func revokingTwiceKeepsTheFirstDate() throws {
    let rig = try AuthorityRig()
    let record = try rig.issue("edge-7")
    _ = try rig.open(after: 10).revoke("edge-7", reason: .keyCompromise)
    let again = try rig.open(after: 99).revoke(record.serial.lowercased())
    #expect(again.already == 1 && again.list.number == 3 && again.list.serials == [record.serial])
    #expect(again.records.map(\.revokedAt) == [AuthorityRig.now + 10] && again.records.map(\.reason) == ["key-compromise"])
  }

  @Test
  func aNameMeansEveryCertificateOfThatNameAndAFileOne() throws {
    let rig = try AuthorityRig()
    try rig.issue("edge-7")
    try FileManager.default.moveItem(atPath: rig.files.certificate(of: "edge-7"), toPath: rig.folder.path("old.pem"))
    try FileManager.default.moveItem(atPath: rig.files.key(of: "edge-7"), toPath: rig.folder.path("old.key"))
    let second = try rig.issue("edge-7")
    let byFile = try rig.open().revoke(rig.folder.path("old.pem"))
    #expect(byFile.records.count == 1 && byFile.records.first?.serial != second.serial)
    let byName = try rig.open().revoke("edge-7")
    #expect(byName.records.count == 2 && byName.already == 1 && byName.list.serials.count == 2)
  }

  @Test
  func whatItHasNotIssuedItDoesNotRevoke() throws {
    let rig = try AuthorityRig()
    #expect(try failure { _ = try rig.open().revoke("nobody") }?.status == .inputMissing)
    try TestAuthority().make(.star).write(to: rig.folder, named: "foreign")
    #expect(try failure { _ = try rig.open().revoke(rig.folder.path("foreign.pem")) }?.status == .badData)
    #expect(try rig.files.readRevocationList().number == 1)
  }

  @Test
  func nothingIsReplaced() throws {
    let rig = try AuthorityRig()
    try rig.issue("edge-7")
    let before = try contents(rig.files.path)
    #expect(try failure { _ = try rig.issue("edge-7") }?.status == .cannotCreate)
    #expect(try failure { _ = try PrivateAuthority.create(rig.files.path, .init()) }?.status == .cannotCreate)
    try rig.folder.write([1], to: "other/node.pem")
    #expect(try failure { _ = try PrivateAuthority.create(rig.folder.path("other"), .init()) }?.status == .cannotCreate)
    #expect(try failure { _ = try PrivateAuthority.create(rig.folder.path("no/such"), .init()) }?.status == .cannotCreate)
    #expect(try contents(rig.files.path) == before)
    try rig.folder.write([1], to: "pki/lonely.key")
    #expect(try failure { _ = try rig.issue("lonely") }?.status == .cannotCreate)
    #expect(try rig.folder.read("pki/lonely.key") == [1] && AuthorityIndex(rig.files).records.count == 1)
  }

  @Test
  func aCertificateDoesNotOutliveItsAuthority() throws {
    let rig = try AuthorityRig(.init(days: 100))
    let refused = try failure { _ = try rig.issue("edge-7", days: 101) }
    #expect(refused?.status == .usage && refused?.lines.first?.message.contains("100 at most") == true)
    try rig.issue("edge-7", days: 100)
    let late = try failure { _ = try rig.open(after: 101 * PrivateAuthority.day).issue(try IssueOrder(name: "x", days: 1)) }
    #expect(late?.status == .badData)
  }

  @Test
  func aKeyThatOthersCanReadSignsNothing() throws {
    let rig = try AuthorityRig()
    #expect(chmod(rig.files.key, 0o640) == 0)
    #expect(try failure { _ = try rig.issue("edge-7") }?.status == .notPermitted)
    #expect(try failure { _ = try PrivateAuthority(rig.folder.path("nowhere")) }?.status == .inputMissing)
    #expect(!AuthorityFolder.exists(rig.folder.path("nowhere")))
  }

  private func contents(_ folder: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return Dictionary(
      uniqueKeysWithValues: try names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0))) })
  }
}

/// The failure that the closure ends with; nil where it succeeds.
func failure(_ body: () throws -> Void) throws -> Failure? {
  do {
    try body()
    return nil
  } catch let failure as Failure {
    return failure
  }
}
