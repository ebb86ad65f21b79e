import PluginKit
import Testing

struct IdentityPatternTests {
  private static let key = String(repeating: "ab", count: 32)

  private func identity(_ text: String) throws -> Identity {
    let slash = try #require(text.firstIndex(of: "/"))
    return Identity(trust: String(text[..<slash]), name: String(text[text.index(after: slash)...]))
  }

  @Test(arguments: [
    ("fleet/spiffe://corp/edge/*", "fleet/spiffe://corp/edge/7"), ("fleet/spiffe://corp/*/7", "fleet/spiffe://corp/edge/7"),
    ("fleet/dns:build-*.corp", "fleet/dns:build-17.corp"), ("fleet/dns:Build-*.CORP", "fleet/dns:build-17.corp"),
    ("fleet/dns:*.*.corp", "fleet/dns:a.b.corp"), ("fleet/cn:depot", "fleet/cn:depot"), ("fleet/cn:*", "fleet/cn:depot 1"),
    ("torrent:*/dns:*", "torrent:0123/dns:*"), ("torrent:0123/cn:x", "torrent:0123/cn:x"), ("fleet/key:a*b*c", "fleet/key:aXbYbZc"),
    ("fleet/spki:" + key, "fleet/spki:" + key), ("fleet/spki:" + key.uppercased(), "fleet/spki:" + key),
  ])
  func whatIsMeant(pattern: String, name: String) throws {
    #expect(try IdentityPattern(pattern).matches(identity(name)))
  }

  @Test(arguments: [
    ("fleet/spiffe://corp/edge/*", "other/spiffe://corp/edge/7"), ("fleet/spiffe://corp/edge/*", "fleet/spiffe://corp/edge/7/8"),
    ("fleet/spiffe://corp/edge/*", "fleet/spiffe://corp/edge/"), ("fleet/spiffe://corp/edge/*", "fleet/spiffe://corp/edge"),
    ("fleet/spiffe://corp/edge/*", "fleet/spiffe://corp.evil/edge/7"), ("fleet/spiffe://corp/Edge", "fleet/spiffe://corp/edge"),
    ("fleet/spiffe://*/edge", "fleet/spiffe://corp.evil/edge"), ("fleet/dns:build-*.corp", "fleet/dns:build-1.2.corp"),
    ("fleet/dns:build-*.corp", "fleet/dns:build-.corp"), ("fleet/dns:*.corp", "fleet/cn:a.corp"), ("fleet/dns:*", "fleet/dns:a.corp"),
    ("fleet/spiffe://corp/*", "fleet/cn:spiffe://corp/x"), ("fleet/cn:depot", "fleet/cn:depot2"), ("fleet/cn:depot", "fleet/cn:Depot"),
    ("torrent:*/dns:*", "fleet/dns:x"), ("torrent:0123/cn:x", "torrent:4567/cn:x"), ("fleet/cn:*", "torrent:0123/cn:x"),
    ("fleet/key:a*b", "fleet/key:ab"),
  ])
  func nearMisses(pattern: String, name: String) throws {
    #expect(try !IdentityPattern(pattern).matches(identity(name)))
  }

  @Test(arguments: [
    ("", "names no trust entry"), ("fleet", "names no trust entry"), ("/dns:x", "names no trust entry"), ("fleet/x", "no kind of identity"),
    ("fleet/uri:x", "no kind of identity"), ("fleet/dns:", "ends before the name"), ("f*t/dns:x", "named in full"),
    ("fleet/spki:abc", "64 hex digits"), ("fleet/spki:*", "64 hex digits"), ("fleet/cn:a\u{7}b", "control character"),
  ])
  func badPatternsSayWhatIsWrong(pattern: String, problem: String) {
    let error = #expect(throws: SettingsProblem.self) { try IdentityPattern(pattern) }
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test func aCertificatesNamesAreIdentitiesTheStrongestFirst() {
    let list = Identity.list(
      trust: "fleet", uris: ["https://x", "spiffe://corp/a"], dnsNames: ["h.corp", "bad\u{0}name"], commonNames: ["one", ""],
      spkiSHA256: [UInt8](repeating: 0xAB, count: 32))
    #expect(list.map(\.name) == ["spiffe://corp/a", "dns:h.corp", "cn:one", "spki:" + Self.key])
  }

  @Test func thereAreSixteenAtMostAndTheKeyIsOneOfThem() {
    let list = Identity.list(trust: "fleet", uris: [], dnsNames: (0..<500).map { "h\($0)" }, commonNames: [], spkiSHA256: [1])
    #expect(list.count == 16 && list.last?.name == "spki:01")
  }
}
