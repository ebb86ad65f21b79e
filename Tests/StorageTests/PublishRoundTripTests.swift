import Metainfo
import TestSupport
import Testing

@testable import Storage

/// Scan, blueprint, hash, torrent, verify, read: the route of an artifact through this layer.
struct PublishRoundTripTests {
  @Test(arguments: TorrentVersion.allCases)
  func whatIsPublishedVerifiesAndReads(version: TorrentVersion) throws {
    var random = SeededGenerator(seed: 7)
    let folder = try TemporaryDirectory("publish")
    for (name, length) in [("b/large", 400_000), ("a", 5), ("b/empty", 0), ("b.c", 65_536)] {
      try folder.write(random.bytes(length), to: "artifact/\(name)")
    }
    try folder.link("artifact/b/link", to: "large")
    let scan = try ArtifactScan.scan(path: folder.path("artifact"))
    let blueprint = try TorrentBlueprint(
      name: "another name", isSingleFile: scan.isSingleFile, files: scan.torrentFiles, pieceLength: 32_768, version: version)
    let hashed = try ArtifactHasher.hash(blueprint: blueprint, scan: scan, threads: 2)
    let torrent = try blueprint.finish(pieceHashes: hashed.pieceHashes, pieceLayers: hashed.pieceLayers).torrent
    let verified = ArtifactVerifier.verify(torrent: torrent, root: scan.root, paths: hashed.paths, threads: 2)
    #expect(verified.isComplete)
    #expect(verified.identities == hashed.identities)
    try read(torrent, scan, hashed, folder)
  }

  private func read(_ torrent: Torrent, _ scan: ScannedArtifact, _ hashed: HashedArtifact, _ folder: TemporaryDirectory) throws {
    let reader = ArtifactReader(
      layout: torrent.layout, root: scan.root, paths: hashed.paths, identities: hashed.identities, cache: DescriptorCache(capacity: 4))
    for (index, file) in torrent.layout.files.enumerated() where file.length > 0 && !file.isPadding {
      let begin = torrent.layout.fileOffsets[index]
      let (piece, offset) = begin.quotientAndRemainder(dividingBy: 32_768)
      let length = min(file.length, 16_384, 32_768 - offset)
      let block = Block(piece: UInt32(piece), offset: UInt32(offset), length: UInt32(length))
      let content = try folder.read("artifact/" + file.displayPath).prefix(Int(length))
      #expect(reader.read([block]).bytes == Content(ReaderFixture.prefix(block) + content))
    }
    #expect(reader.check() == [])
  }
}
