import Foundation
import OpenSSL
import TestSupport
import Testing

/// A folder with an authority's files, judged by the `openssl` program.
struct VerifyRig {
  let authority: TestAuthority
  let folder: TemporaryDirectory

  init(kind: PrivateKey.Kind = .p256) throws {
    (authority, folder) = (try TestAuthority(kind: kind), try TemporaryDirectory("issuing"))
    try authority.write(to: folder)
  }

  /// What `openssl verify` says of a certificate; empty where it is content.
  func verify(
    _ certificate: TestCertificate, purpose: String = "sslclient", revoked list: RevocationList? = nil
  ) async throws -> String {
    let between = certificate.chain.dropFirst()
    try write(certificate.leaf.pem, to: "leaf.pem")
    try write(between.map(\.pem).joined(), to: "between.pem")
    var arguments = ["verify", "-purpose", purpose, "-x509_strict", "-CAfile", "ca.pem"]
    if !between.isEmpty { arguments += ["-untrusted", "between.pem"] }
    if let list {
      try write(list.pem, to: "revoked.pem")
      arguments += ["-crl_check", "-CRLfile", "revoked.pem"]
    }
    let result = try await ProcessRunner("openssl", arguments + ["leaf.pem"], workingFolder: folder.path).run()
    return result.exit == .code(0) ? "" : result.errors + result.output
  }

  func write(_ text: String, to name: String) throws { try folder.write(Array(text.utf8), to: name) }

  func print(_ arguments: String...) async throws -> String {
    try await ProcessRunner("openssl", arguments, workingFolder: folder.path).output()
  }
}

/// Certificates and lists that we make, judged by the `openssl` program.
struct IssuingTests {
  @Test(arguments: PrivateKey.Kind.allCases)
  func aGoodCertificateIsGoodForBothRoles(kind: PrivateKey.Kind) async throws {
    let rig = try VerifyRig(kind: kind)
    let leaf = try rig.authority.make(.star)
    let list = try rig.authority.revocationList()
    #expect(try await rig.verify(leaf, revoked: list) == "")
    #expect(try await rig.verify(leaf, purpose: "sslserver", revoked: list) == "")
  }

  @Test(arguments: [
    (TestAuthority.Case.expired, "certificate has expired"), (.notYetValid, "not yet valid"),
    (.foreign, "unable to get local issuer certificate"),
    (.selfSigned, "self-signed certificate"), (.serverOnly, "unsuitable certificate purpose"),
    (.intermediateMissing, "unable to get local issuer certificate"),
  ])
  func aBadOneIsRefusedForItsOwnReason(kind: TestAuthority.Case, reason: String) async throws {
    let rig = try VerifyRig()
    let verdict = try await rig.verify(try rig.authority.make(kind))
    #expect(verdict.contains(reason), "\(verdict)")
  }

  @Test(arguments: [TestAuthority.Case.star, .named, .namedByCommonName, .upperCase, .otherName, .clientOnly, .belowIntermediate])
  func otherCasesAreGoodForAClient(kind: TestAuthority.Case) async throws {
    let rig = try VerifyRig()
    #expect(try await rig.verify(try rig.authority.make(kind)) == "")
  }

  @Test
  func aPurposeIsForItsRoleOnly() async throws {
    let rig = try VerifyRig()
    #expect(try await rig.verify(try rig.authority.make(.serverOnly), purpose: "sslserver") == "")
    #expect(try await rig.verify(try rig.authority.make(.clientOnly), purpose: "sslserver").contains("purpose"))
  }

  @Test
  func aRevokedCertificateIsRevokedAndNoOther() async throws {
    let rig = try VerifyRig()
    let (bad, good) = (try rig.authority.make(.star), try rig.authority.make(.star))
    let list = try rig.authority.revocationList([bad], number: 7)
    #expect(try await rig.verify(bad, revoked: list).contains("certificate revoked"))
    #expect(try await rig.verify(good, revoked: list) == "")
    #expect(try await rig.verify(good, revoked: try rig.authority.staleRevocationList()).contains("CRL has expired"))
    #expect(list.number == 7 && list.serials == [bad.leaf.serial] && list.issuer == "CN=Test CA")
    #expect(list.thisUpdate == rig.authority.now - 60 && list.nextUpdate == list.thisUpdate + 30 * 86_400)
    try rig.write(list.pem, to: "list.pem")
    let text = try await rig.print("crl", "-in", "list.pem", "-noout", "-text", "-verify", "-CAfile", "ca.pem")
    #expect(text.contains("Key Compromise") && text.contains("X509v3 Authority Key Identifier"))
  }

  @Test
  func aCertificateSaysWhatItWasToSay() async throws {
    let rig = try VerifyRig()
    let names: [CertificateDescription.AlternativeName] = [
      .uri("spiffe://corp/edge/7"), .dns("edge-7.corp"), .dns("*"), .ip([10, 0, 0, 7]),
    ]
    let leaf = try rig.authority.issue("Übung 漢字", names)
    let read = leaf.leaf
    #expect(read.commonNames == ["Übung 漢字"] && read.issuer == "CN=Test CA")
    #expect(read.dnsNames == ["edge-7.corp", "*"] && read.uris == ["spiffe://corp/edge/7"] && !read.isAuthority)
    #expect(read.notBefore == rig.authority.now - 3_600 && read.notAfter == rig.authority.now + TestAuthority.year)
    try rig.write(leaf.pem, to: "leaf.pem")
    let text = try await rig.print("x509", "-in", "leaf.pem", "-noout", "-text")
    let expected = "URI:spiffe://corp/edge/7, DNS:edge-7.corp, DNS:*, IP Address:10.0.0.7"
    #expect(text.contains(expected) && text.contains("CA:FALSE") && text.contains("Digital Signature"))
    #expect(text.contains("TLS Web Server Authentication, TLS Web Client Authentication"))
  }

  @Test
  func serialsAndFingerprintsAreTheirOwn() throws {
    let authority = try TestAuthority()
    let certificates = try (0..<50).map { _ in try authority.make(.star).leaf }
    #expect(Set(certificates.map(\.serial)).count == 50 && Set(certificates.map(\.spkiSHA256)).count == 50)
  }

  @Test
  func whatCannotBeSaidIsRefused() throws {
    let authority = try TestAuthority()
    let long = String(repeating: "x", count: 65)
    #expect(throws: IssuingError.badCommonName(long)) { try authority.issue(long) }
    #expect(throws: IssuingError.badCommonName("")) { try authority.issue("") }
    #expect(throws: IssuingError.badCommonName("a\0b")) { try authority.issue("a\0b") }
    #expect(throws: IssuingError.badName("", why: "is empty")) { try authority.issue("x", [.dns("")]) }
    #expect(throws: IssuingError.self) { try authority.issue("x", [.dns("ü")]) }
    #expect(throws: IssuingError.self) { try authority.issue("x", [.uri("spiffe://a\0b/")]) }
    #expect(throws: IssuingError.self) { try authority.issue("x", [.ip([1, 2, 3])]) }
    #expect(throws: IssuingError.neverValid) { try authority.issue("x") { $0.notAfter = $0.notBefore } }
  }
}
