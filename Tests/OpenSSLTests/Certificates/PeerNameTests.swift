import OpenSSL
import TestSupport
import Testing

/// libtorrent's rule for names: a DNS name, byte for byte, or `*`; else the common name, by the same rule.
struct PeerNameTests {
  @Test(arguments: [
    ("tools", ["tools"], "x", true), ("tools", ["other", "tools"], "x", true), ("tools", ["*"], "x", true),
    ("tools", [], "tools", true), ("tools", [], "*", true),
    // What does not fit among the DNS names leaves the common name its chance.
    ("tools", ["other"], "tools", true), ("tools", ["other"], "*", true),
    ("tools", ["TOOLS"], "Tools", false), ("tools.bin", ["*.bin"], "x", false), ("tools", ["tool", "toolss"], "x", false),
    ("tools", [], "x", false), ("*", ["tools"], "tools", false), ("", ["tools"], "tools", false),
  ])
  func aNameFitsByteForByte(name: String, hosts: [String], commonName: String, fits: Bool) throws {
    let leaf = try TestAuthority().issue(commonName, hosts.map { .dns($0) }).leaf
    #expect(PeerName.fits(leaf, name) == fits)
  }

  @Test
  func noNameFitsNothing() throws {
    let leaf = try TestAuthority().make(.nameless).leaf
    #expect(!PeerName.fits(leaf, "tools") && !PeerName.fits(leaf, "") && !PeerName.fits(leaf, "*"))
  }

  /// Swift has these strings equal; a certificate has not.
  @Test
  func equivalentTextIsAnotherName() throws {
    let leaf = try TestAuthority().issue("caf\u{E9}").leaf
    #expect(PeerName.fits(leaf, "caf\u{E9}") && !PeerName.fits(leaf, "cafe\u{301}"))
  }
}
