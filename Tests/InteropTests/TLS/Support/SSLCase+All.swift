/// The matrix of libtorrent 2.0.8, with rows of our own where it has a side untested. Where we do something else, nothing flows either way:
///
/// - Our own certificate has expired, or its key is another's or encrypted. libtorrent starts, and its handshakes fail. We do not start.
/// - Our own certificate is another authority's, under an intermediate, for another name, or not for servers. libtorrent dials and lets
///   itself be dialed in vain. We have none to show then and say so: nobody is dialed, and the server's name (SNI) is refused.
///
/// In one case something does flow with libtorrent: where it dials with a certificate that is for clients only. We ask of our own
/// certificates that they are good for servers, whoever dials.
extension SSLCase {
  static let all = good + names + trust + dates + purposes + keys + authorities

  private static let good = [
    SSLCase("both for every torrent", .star(), .star(), flows: true),
    SSLCase("a v1 torrent", .star(), .star(), flows: true, kind: "v1"),
    SSLCase("a v2 torrent", .star(), .star(), flows: true, kind: "v2"),
    SSLCase("no parameters for Diffie-Hellman", .star(), .star(), flows: true, hasParameters: false),
    SSLCase("an RSA key of ours", .star { $0.key = .rsa }, .star(), flows: true),
    SSLCase("an RSA key of theirs", .star(), .star { $0.key = .rsa }, flows: true),
    SSLCase("an Ed25519 key of ours", .star { $0.key = .ed25519 }, .star(), flows: true),
    SSLCase("an Ed25519 key of theirs", .star(), .star { $0.key = .ed25519 }, flows: true),
  ]

  private static let names = [
    SSLCase("SAN = name", .names(dns: { $0 }), .names(dns: { $0 }), flows: true),
    SSLCase("SAN *", .names(dns: { _ in "*" }), .names(dns: { _ in "*" }), flows: true),
    SSLCase("CN = name", .names(cn: { $0 }), .names(cn: { $0 }), flows: true),
    SSLCase("our SAN wrong, CN = name", .names(cn: { $0 }, dns: { _ in "another.bin" }), .star(), flows: true),
    SSLCase("their SAN wrong, CN = name", .star(), .names(cn: { $0 }, dns: { _ in "another.bin" }), flows: true),
    SSLCase("we name another torrent", .names(cn: { _ in "another.bin" }), .star(), flows: false),
    SSLCase("they name another torrent", .star(), .names(cn: { _ in "another.bin" }), flows: false),
    SSLCase("our SAN *.bin", .names(dns: { _ in "*.bin" }), .star(), flows: false),
    SSLCase("their SAN *.bin", .star(), .names(dns: { _ in "*.bin" }), flows: false),
    SSLCase("our SAN in upper case", .names(dns: { $0.uppercased() }), .star(), flows: false),
    SSLCase("their SAN in upper case", .star(), .names(dns: { $0.uppercased() }), flows: false),
    SSLCase("we have no name", .names(), .star(), flows: false),
    SSLCase("they have no name", .star(), .names(), flows: false),
    SSLCase("two CN of theirs, the last one right", .star(), .star { $0.commonNames = ["another.bin", "*"] }, flows: true),
    SSLCase("two CN of theirs, the first one right", .star(), .star { $0.commonNames = ["*", "another.bin"] }, flows: false),
  ]

  private static let trust = [
    SSLCase("another authority's of ours", .star { $0.issuer = "other" }, .star(), flows: false),
    SSLCase("another authority's of theirs", .star(), .star { $0.issuer = "other" }, flows: false),
    SSLCase("none of ours", .nothing, .star(), flows: false),
    SSLCase("none of theirs", .star(), .nothing, flows: false),
    SSLCase("ours under an intermediate, in a chain", .star { ($0.issuer, $0.chain) = ("intermediate", true) }, .star(), flows: false),
    SSLCase("theirs under an intermediate, in a chain", .star(), .star { ($0.issuer, $0.chain) = ("intermediate", true) }, flows: false),
    SSLCase("the authority's own, of ours", .existing("ca"), .star(), flows: false),
    SSLCase("the authority's own, of theirs", .star(), .existing("ca"), flows: false),
  ]

  private static let dates = [
    SSLCase(
      "ours expired", .star { ($0.notBeforeDays, $0.notAfterDays) = (-10, -1) }, .star(), flows: false,
      ours: .refusesToStart("the certificate has expired")),
    SSLCase("theirs expired", .star(), .star { ($0.notBeforeDays, $0.notAfterDays) = (-10, -1) }, flows: false),
    SSLCase("theirs not yet valid", .star(), .star { ($0.notBeforeDays, $0.notAfterDays) = (1, 10) }, flows: false),
  ]

  private static let purposes = [
    SSLCase("ours for servers only", .star { $0.purposes = ["serverAuth"] }, .star(), listening: true, dialing: false),
    SSLCase("theirs for servers only", .star(), .star { $0.purposes = ["serverAuth"] }, listening: false, dialing: true),
    SSLCase(
      "ours for clients only", .star { $0.purposes = ["clientAuth"] }, .star(), listening: false, dialing: true,
      ours: .stricter("a certificate of ours must be good for a server")),
    SSLCase("theirs for clients only", .star(), .star { $0.purposes = ["clientAuth"] }, listening: true, dialing: false),
    SSLCase(
      "both for both", .star { $0.purposes = ["serverAuth", "clientAuth"] }, .star { $0.purposes = ["serverAuth", "clientAuth"] },
      flows: true),
  ]

  private static let keys = [
    SSLCase("their key encrypted, the passphrase right", .star(), .encrypted(with: "sesame", tried: "sesame"), flows: true),
    SSLCase("their key encrypted, the passphrase wrong", .star(), .encrypted(with: "sesame", tried: "barley"), flows: false),
    SSLCase(
      "our key encrypted", .encrypted(with: "sesame", tried: "barley"), .star(), flows: false,
      ours: .refusesToStart("the key is encrypted")),
    SSLCase("their key another's", .star(), .withKeyOfAnother(.ec), flows: false),
    SSLCase("their key of another kind", .star(), .withKeyOfAnother(.rsa), flows: false),
    SSLCase("our key another's", .withKeyOfAnother(.ec), .star(), flows: false, ours: .refusesToStart("the key is another's")),
    SSLCase("our key of another kind", .withKeyOfAnother(.rsa), .star(), flows: false, ours: .refusesToStart("the key is another's")),
  ]

  private static let authorities = [
    SSLCase("two authorities in the torrent, signed by the first", .star(), .star(), flows: true, authority: .caThenOther),
    SSLCase("two authorities in the torrent, signed by the second", .star(), .star(), flows: false, authority: .otherThenCA),
    SSLCase(
      "an intermediate in the torrent, signed by it", .star { $0.issuer = "intermediate" }, .star { $0.issuer = "intermediate" },
      flows: false, authority: .intermediate),
  ]
}
