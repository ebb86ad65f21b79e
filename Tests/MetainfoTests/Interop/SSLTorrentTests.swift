import Foundation
import Metainfo
import TestSupport
import Testing

/// SSL torrents (libtorrent's `ssl-cert`): what we make is read there, what is made there is read here.
@Suite struct SSLTorrentTests {
  /// A root of OpenSSL's making.
  private static let root = """
    -----BEGIN CERTIFICATE-----
    MIIBhTCCASugAwIBAgIUSvFF7t/fDG83LEoba5wsAAHBxSIwCgYIKoZIzj0EAwIw
    FzEVMBMGA1UEAwwMRXhhbXBsZSByb290MCAXDTI2MTEyNjIwMjE0NloYDzIxMjYx
    MTAyMjAyMTQ2WjAXMRUwEwYDVQQDDAxFeGFtcGxlIHJvb3QwWTATBgcqhkjOPQIB
    BggqhkjOPQMBBwNCAAQ9A6Mp+4suL9engvspJ0DPCGJs+pdedx4d1xxogJJdbFGW
    PZr+wBYkNJjpnF+MoMl3AoeoOknSmftv+MLSD/09o1MwUTAdBgNVHQ4EFgQUnPld
    MWhI6pM8kxuEp9MJXDmWbJIwHwYDVR0jBBgwFoAUnPldMWhI6pM8kxuEp9MJXDmW
    bJIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA2qWW1m57FicZ
    UMW5MFQKtLJE3FfNSeTEq7CwzKWarNgCIHjAP1Mcx59rVSZYKb5+B1+OXPXQHzZl
    nHCgbD/5ZtkZ
    -----END CERTIFICATE-----

    """

  @Test(arguments: TorrentVersion.allCases)
  func theRootIsPartOfWhatIsHashed(_ version: TorrentVersion) throws {
    let plain = try TorrentFixtures.torrent(version)
    let (torrent, bytes) = try TorrentFixtures.torrent(version, sslCertificate: Self.root)
    #expect(torrent.sslCertificate == Self.root)
    #expect(torrent.infoHash != plain.torrent.infoHash)
    #expect(try Torrent.decode(bytes).torrent == torrent)
    #expect(try Torrent.decodeInfo(torrent.infoBytes).torrent.sslCertificate == Self.root)
    #expect(try TorrentFixtures.torrent(version, sslCertificate: Self.root).bytes == bytes)
  }

  @Test func whatIsNoCertificateMakesNoTorrent() {
    let error = #expect(throws: TorrentError.self) { try TorrentFixtures.torrent(sslCertificate: "root") }
    #expect(error?.place == "ssl-cert")
  }

  @Test(.enabled(if: ExternalTool.hasLibtorrent, "python3-libtorrent is missing"), arguments: TorrentVersion.allCases)
  func libtorrentReadsOurs(_ version: TorrentVersion) throws {
    let folder = try TemporaryDirectory("metainfo")
    let (torrent, bytes) = try TorrentFixtures.torrent(version, sslCertificate: Self.root)
    let answer = try Libtorrent.read(try folder.write(bytes, to: "ours.torrent"))
    #expect(answer.isValid)
    #expect(answer.sslCertificate == Self.root)
    #expect(answer.v1 == torrent.infoHash.v1?.description)
    #expect(answer.v2 == torrent.infoHash.v2?.description)
  }

  @Test(.enabled(if: ExternalTool.hasLibtorrent, "python3-libtorrent is missing"), arguments: TorrentVersion.allCases)
  func thoseOfLibtorrentAreReadHere(_ version: TorrentVersion) throws {
    let folder = try ForeignTorrentTests.sampleFolder()
    let root = try folder.write(Array(Self.root.utf8), to: "root.pem")
    let answer = try Libtorrent.make(folder.path("sample"), version: version.rawValue, output: folder.path("lt.torrent"), root: root)
    let torrent = try Torrent.decode(try folder.read("lt.torrent")).torrent
    #expect(torrent.sslCertificate == Self.root)
    #expect(torrent.infoHash.v1?.description == answer.v1)
    #expect(torrent.infoHash.v2?.description == answer.v2)
  }
}
