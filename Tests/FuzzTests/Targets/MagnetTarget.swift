import Metainfo
import TestSupport

/// Magnet links.
struct MagnetTarget: FuzzTarget {
  static let name = "magnet"
  static let maximumLength = 64 << 10

  func run(_ input: [UInt8]) throws {
    guard let magnet = try? Magnet.parse(String(decoding: input, as: UTF8.self)) else { return }
    let printed = "\(magnet)"
    // Escapes make it longer, and a link has a limit.
    if printed.utf8.count <= Magnet.longest { try promise(Magnet.parse(printed) == magnet, "what we print is another link: \(printed)") }
    for (one, next) in zip(magnet.selectedFiles ?? [], (magnet.selectedFiles ?? []).dropFirst()) {
      try promise(one.upperBound < next.lowerBound, "selected files overlap")
    }
  }

  func seeds() throws -> [[UInt8]] {
    let links = try TorrentVersion.allCases.map { version in
      "\(try TorrentFixtures.torrent(version, trackers: [["http://a/announce", "udp://b:1"]], webSeeds: ["http://w/"]).torrent.magnet)"
    }
    let base32 = "magnet:?xt=urn:btih:MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"
    let texts = links + [base32, base32 + "&so=1,3-5,9&x.pe=%5B::1%5D:80&x.pe=h:1&dn=a+b%20c&tr.1=udp://x:1&ws=http://w/&as=http://a/"]
    return texts.map { Array($0.utf8) }
  }
}
