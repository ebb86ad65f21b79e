import Metainfo
import TestSupport
import Testing

@Suite struct MagnetTests {
  private static let v1 = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a"
  private static let v2 = "caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e"

  @Test func readsEveryParameterThatWeKnow() throws {
    let magnet = try Magnet.parse(
      "magnet:?xt=urn:btih:\(Self.v1)&xt=urn:btmh:1220\(Self.v2)&dn=a+b%20c%26&tr=http%3A%2F%2Ft%2Fannounce&tr.1=udp://u:80"
        + "&ws=http%3A%2F%2Fw%2F&so=0,2,4,6-8&x.pe=10.0.0.1:6881&x.pe=%5B%3A%3A1%5D:6882&x.pe=host.corp:1&unknown=1&flag")
    #expect(magnet.infoHash == InfoHash(v1: SHA1Digest(hex: Self.v1), v2: SHA256Digest(hex: Self.v2)))
    #expect(magnet.displayName == "a b c&")
    #expect(magnet.trackers == ["http://t/announce", "udp://u:80"])
    #expect(magnet.webSeeds == ["http://w/"])
    #expect(magnet.selectedFiles == [0...0, 2...2, 4...4, 6...8])
    #expect(magnet.peers.map(\.description) == ["10.0.0.1:6881", "[::1]:6882", "host.corp:1"])
    #expect(magnet.peers[1].host == "::1")
  }

  @Test func takesWhatComesTwiceOnce() throws {
    let once = "&tr=http://b&tr=http://a&ws=http://w&ws=http://v&x.pe=h:2&x.pe=h:1"
    let magnet = try Magnet.parse("magnet:?xt=urn:btih:\(Self.v1)\(once)\(once)&ws=http://a")
    #expect(magnet.trackers == ["http://b", "http://a"])
    #expect(magnet.webSeeds == ["http://w", "http://v", "http://a"])
    #expect(magnet.peers.map(\.description) == ["h:2", "h:1"])
  }

  @Test func readsBase32AndUpperCase() throws {
    let magnet = try Magnet.parse("MAGNET:?XT=URN:BTIH:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK")
    #expect(magnet.infoHash.v1?.description == Self.v1)
    #expect(try Magnet.parse("magnet:?xt=urn:btih:" + Self.v1.uppercased()).infoHash.v1?.description == Self.v1)
  }

  @Test func isPrintedSoThatItReadsTheSame() throws {
    let magnet = Magnet(
      infoHash: try #require(InfoHash(v1: SHA1Digest(hex: Self.v1), v2: SHA256Digest(hex: Self.v2))), displayName: "größe & 100% +",
      trackers: ["http://t/a?k=1&l=2"], webSeeds: ["http://w/x y"], peers: [Magnet.Peer(host: "fd00::1", port: 6881)],
      selectedFiles: [1...1, 3...9])
    #expect(try Magnet.parse("\(magnet)") == magnet)
    #expect("\(magnet)".allSatisfy { $0.isASCII && $0 != " " })
  }

  @Test func selectionsAreJoinedAndSorted() throws {
    let magnet = try Magnet.parse("magnet:?xt=urn:btih:\(Self.v1)&so=7-9,0,1,8-12,4")
    #expect(magnet.selectedFiles == [0...1, 4...4, 7...12])
  }

  @Test(arguments: [
    ("http://x", "magnet link: must begin with magnet:?"),
    ("magnet:?", "magnet link: must begin with magnet:?"),
    ("magnet:?dn=x", "magnet link: xt: there is no urn:btih or urn:btmh"),
    ("magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C", "magnet link: xt: there is no urn:btih or urn:btmh"),
    ("magnet:?xt=urn:btih:abc", "magnet link: xt: urn:btih must be 40 hexadecimal or 32 base32 digits"),
    ("magnet:?xt=urn:btih:1EX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK", "magnet link: xt: urn:btih must be"),
    ("magnet:?xt=urn:btmh:1114\(v1)", "magnet link: xt: urn:btmh must be a SHA-256 multihash"),
    ("magnet:?xt=urn:btmh:1220\(v1)", "magnet link: xt: urn:btmh must be"),
    ("magnet:?xt=urn:btih:\(v1)&xt=urn:btih:\(String(v1.reversed()))", "magnet link: xt: there are two different urn:btih"),
    ("magnet:?xt=urn:btih:\(v1)&dn=%zz", "magnet link: dn: has a broken escape"),
    ("magnet:?xt=urn:btih:\(v1)&tr=%f", "magnet link: tr: has a broken escape"),
    ("magnet:?xt=urn:btih:\(v1)&dn=%FF", "magnet link: dn: has a broken escape, or is not UTF-8"),
    ("magnet:?xt=urn:btih:\(v1)&so=1,x", "magnet link: so: x is neither"),
    ("magnet:?xt=urn:btih:\(v1)&so=3-1", "magnet link: so: 3-1 is neither"),
    ("magnet:?xt=urn:btih:\(v1)&so=1-2-3", "magnet link: so: 1-2-3 is neither"),
    ("magnet:?xt=urn:btih:\(v1)&so=-1", "magnet link: so: -1 is neither"),
    ("magnet:?xt=urn:btih:\(v1)&so=99999999999999999999", "magnet link: so: 99999999999999999999 is neither"),
    ("magnet:?xt=urn:btih:\(v1)&so=", "magnet link: so:  is neither"),
    ("magnet:?xt=urn:btih:\(v1)&x.pe=host", "magnet link: x.pe: host is not HOST:PORT"),
    ("magnet:?xt=urn:btih:\(v1)&x.pe=host:0", "magnet link: x.pe: host:0 is not"),
    ("magnet:?xt=urn:btih:\(v1)&x.pe=host:65536", "magnet link: x.pe: host:65536 is not"),
    ("magnet:?xt=urn:btih:\(v1)&x.pe=::1:80", "magnet link: x.pe: ::1:80 is not"),
    ("magnet:?xt=urn:btih:\(v1)&x.pe=[host]:80", "magnet link: x.pe: [host]:80 is not"),
    ("magnet:?xt=urn:btih:\(v1)&x.pe=[::1]=[::2]:80", "magnet link: x.pe: [::1]=[::2]:80 is not"),
    ("magnet:?xt=urn:btih:\(v1)&x.pe=[]:80", "magnet link: x.pe: []:80 is not"),
  ])
  func whatIsWrongIsSaidWithItsPlace(text: String, message: String) {
    let error = #expect(throws: MagnetError.self) { try Magnet.parse(text) }
    #expect(error?.description.hasPrefix(message) == true, "it says: \(error?.description ?? "nothing")")
  }

  @Test func aLinkThatIsTooLongIsNotRead() {
    let error = #expect(throws: MagnetError.self) { try Magnet.parse("magnet:?dn=" + String(repeating: "x", count: 70_000)) }
    #expect(error?.problem == "is longer than 65536 bytes")
  }

  @Test(arguments: TorrentVersion.allCases)
  func aTorrentHasALink(_ version: TorrentVersion) throws {
    let torrent = try TorrentFixtures.torrent(version, trackers: [["http://a"], ["http://b"]], webSeeds: ["http://w/"]).torrent
    let magnet = try Magnet.parse("\(torrent.magnet)")
    #expect(magnet.infoHash == torrent.infoHash)
    #expect(magnet.displayName == "sample")
    #expect(magnet.trackers == ["http://a", "http://b"])
    #expect(magnet.webSeeds == ["http://w/"])
  }
}
