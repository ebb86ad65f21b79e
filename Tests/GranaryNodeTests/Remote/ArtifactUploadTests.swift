import Control
import Foundation
import Metainfo
import TestSupport
import Testing

@testable import GranaryNode

/// Which bytes of which files are sent.
struct ArtifactUploadTests {
  private func found(_ version: TorrentVersion, in folder: TemporaryDirectory) throws -> Found {
    try folder.write([UInt8](repeating: 1, count: 40_000), to: "app/a.bin")
    try folder.write([], to: "app/b")
    try folder.write([UInt8](repeating: 2, count: 70_000), to: "app/c/d.bin")
    let order = Publisher.Order(
      path: folder.path("app"), name: nil, version: version, pieceLength: 32_768, source: nil, trackers: [], webSeeds: [], labels: [:],
      isPrivate: true, isPortable: false, skipSymlinks: false, output: nil)
    return try Publisher.publish(order).found
  }

  @Test(arguments: [TorrentVersion.v1, .hybrid, .v2])
  func `the pieces' bytes are those of the files, and what is between them zeroes`(version: TorrentVersion) throws {
    let folder = try TemporaryDirectory("upload")
    let found = try found(version, in: folder)
    let (layout, data) = (found.torrent.layout, TorrentData(found))
    var seen: [UInt8: Int] = [:]
    for range in ArtifactUpload.parts(of: Array(0..<layout.pieceCount), layout) {
      for byte in try data.read(range) { seen[byte, default: 0] += 1 }
    }
    #expect(seen[1] == 40_000 && seen[2] == 70_000)
    let tail = try data.read(39_990..<40_010)
    #expect(tail.prefix(10).allSatisfy { $0 == 1 } && tail.suffix(10).allSatisfy { $0 == (version == .v1 ? 2 : 0) })
  }

  @Test func `parts are of whole pieces that follow each other, and large pieces are cut`() throws {
    let found = try found(.v1, in: TemporaryDirectory("upload"))
    let layout = found.torrent.layout
    #expect(ArtifactUpload.parts(of: [0, 1, 3], layout) == [0..<65_536, 98_304..<110_000])
    #expect(ArtifactUpload.parts(of: [], layout).isEmpty)
  }

  @Test func `a file that has become shorter, or is gone, is named`() throws {
    let folder = try TemporaryDirectory("upload")
    let found = try found(.v1, in: folder)
    try folder.write([1], to: "app/a.bin")
    let short = #expect(throws: Failure.self) { try TorrentData(found).read(0..<32_768) }
    #expect(short?.status == .badData && short?.lines.first?.message.contains("app/a.bin") == true)
    try FileManager.default.removeItem(atPath: folder.path("app/a.bin"))
    #expect(#expect(throws: Failure.self) { try TorrentData(found).read(0..<32_768) }?.status == .inputMissing)
  }
}
