import Metainfo
import TestSupport

/// Torrent files and info dictionaries, and what a torrent that was taken is then asked. The first byte chooses which, and the name rules.
struct TorrentTarget: FuzzTarget {
  static let name = "torrent"
  static let maximumLength = 64 << 10

  func run(_ input: [UInt8]) throws {
    guard let choice = input.first else { return }
    let bytes = Array(input.dropFirst())
    let options = TorrentDecodingOptions(portable: choice & 1 == 1)
    if choice & 2 == 0 {
      guard let decoded = try? Torrent.decode(bytes, options: options) else { return }
      try use(decoded.torrent, options)
      try promise(Torrent.decode(decoded.torrent.encoded(), options: options).torrent == decoded.torrent, "encoding changes the torrent")
    } else {
      guard let torrent = try? Torrent.decodeInfo(bytes, options: options).torrent else { return }
      try use(torrent, options)
      try promise(torrent.infoBytes == bytes, "the info dictionary is not what came")
    }
  }

  private func use(_ torrent: Torrent, _ options: TorrentDecodingOptions) throws {
    let layout = torrent.layout
    try promise(layout.files.count == layout.fileOffsets.count && layout.pieceCount > 0, "the layout does not fit the files")
    for file in layout.files where !file.isPadding {
      let isSafe = !file.path.isEmpty && file.path.allSatisfy { !["", ".", ".."].contains($0) && !$0.utf8.contains(0x2F) }
      try promise(isSafe, "a path leaves its folder: \(file.path)")
    }
    try check(layout)
    try check(PaddedLayout(layout).layout)
    _ = torrent.merkleTree(ofFile: 0)?.hashes(baseLayer: 0, index: 0, length: 2, proofLayers: 1)
    // The link has no limit of its own on what a torrent may be called and how many trackers it names.
    if let magnet = try? Magnet.parse("\(torrent.magnet)") {
      try promise(magnet.infoHash == torrent.infoHash, "the magnet link names another torrent")
    }
  }

  private func check(_ layout: PieceLayout) throws {
    for piece in Set([0, layout.pieceCount / 2, layout.pieceCount - 1]) {
      guard let length = layout.length(ofPiece: piece), let index = UInt32(exactly: piece) else { continue }
      let block = Block(piece: index, offset: 0, length: UInt32(min(length, Block.standardLength)))
      let covered = layout.extents(of: block)?.reduce(0) { $0 + Int($1.length) }
      try promise(covered == nil || covered == Int(block.length), "extents do not cover their block")
    }
    try promise(layout.length(ofPiece: layout.pieceCount) == nil, "there is a piece behind the last")
    for file in [0, layout.files.count - 1] { _ = layout.pieces(ofFile: file) }
  }

  func seeds() throws -> [[UInt8]] {
    let small = [TorrentFixtures.File("a/b", TorrentFixtures.content(40_000)), TorrentFixtures.File("c", [1, 2, 3])]
    var seeds: [[UInt8]] = []
    for version in TorrentVersion.allCases {
      let rich = try TorrentFixtures.torrent(
        version, source: "s", trackers: [["http://a/announce", "udp://b:1"], ["udp://c:2"]], webSeeds: ["http://w/"])
      let plain = try TorrentFixtures.torrent(version, files: small, isPrivate: false)
      let single = try TorrentFixtures.torrent(version, name: "one", files: [TorrentFixtures.File("one", [9])], isSingleFile: true)
      for made in [rich, plain, single] {
        seeds += [[0] + made.bytes, [1] + made.bytes, [2] + made.torrent.infoBytes, [3] + made.torrent.infoBytes]
      }
    }
    return seeds
  }
}
