import Testing

@testable import GranaryNode

/// Names that certificates may have, and that they may not.
struct PKINamesTests {
  @Test(arguments: ["edge-7", "a", "Übung 漢字", "tools 1.2", "x.pem.old", String(repeating: "x", count: 64)])
  func aNameIsAnythingThatIsAFilesName(name: String) {
    #expect(PKINames.problem(ofName: name) == nil)
  }

  @Test(arguments: [
    "", "a/b", "/a", "..", ".hidden", "-x", "a\nb", "a\u{1B}b", "a\0b", "a\u{202E}b", "ca", "CA", "revoked", "x.pem", "x.key",
    String(repeating: "x", count: 65), String(repeating: "🙂", count: 51),
  ])
  func otherNamesAreRefused(name: String) {
    #expect(PKINames.problem(ofName: name) != nil)
  }

  @Test(arguments: ["spiffe://corp/edge/7", "spiffe://a.b-c_d/x", "spiffe://corp/A.b-c_d"])
  func aSPIFFEIdentityHasADomainAndSomebodyInIt(uri: String) {
    #expect(PKINames.problem(ofSPIFFE: uri) == nil)
  }

  @Test(arguments: [
    "", "spiffe://", "spiffe:///x", "spiffe://corp", "spiffe://corp/", "spiffe://corp//x", "spiffe://corp/x/", "spiffe://corp/../x",
    "spiffe://corp/.", "spiffe://Corp/x", "spiffe://corp:1/x", "spiffe://u@corp/x", "spiffe://corp/x?y", "spiffe://corp/x#y",
    "spiffe://corp/a b", "spiffe://corp/%41", "spiffe://corp/é", "spiffe://corp/*", "https://corp/x", "SPIFFE://corp/x",
    "spiffe://corp/" + String(repeating: "x", count: 2_048), "spiffe://" + String(repeating: "x", count: 256) + "/x",
  ])
  func otherURIsAreRefused(uri: String) {
    #expect(PKINames.problem(ofSPIFFE: uri) != nil)
  }

  @Test
  func aDNSNameIsASCIIOfAnyKind() {
    #expect(PKINames.problem(ofDNS: "*") == nil && PKINames.problem(ofDNS: "My Artifact (1).tar") == nil)
    for name in ["", "ü", "a\tb", "a\u{7F}", String(repeating: "x", count: 256)] { #expect(PKINames.problem(ofDNS: name) != nil) }
  }

  @Test
  func everyProblemOfAnOrderIsSaid() throws {
    let refused = try failure { _ = try IssueOrder(name: "a/b", spiffe: ["x"], dns: ["", "ok"], days: 0) }
    #expect(refused?.status == .usage && refused?.lines.count == 4)
    #expect(try failure { _ = try IssueOrder(name: "a", days: 36_501) }?.lines.count == 1)
    #expect(try failure { try PrivateAuthority.Plan(name: "", days: 0, listDays: -1).check() }?.lines.count == 3)
  }
}
