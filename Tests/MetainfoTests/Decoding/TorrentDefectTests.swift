import Foundation
import Metainfo
import TestSupport
import Testing

/// Each torrent in Fixtures has one thing wrong and is named after it. The files are what `TorrentFixtures.defects` makes; to write
/// them anew, run these tests with GRANARY_WRITE_FIXTURES=1.
@Suite struct TorrentDefectTests {
  private static func bytes(of defect: TorrentFixtures.Defect) throws -> [UInt8] {
    let url = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/\(defect.name).torrent")
    return [UInt8](try Data(contentsOf: url))
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["GRANARY_WRITE_FIXTURES"] == "1", "only to write the fixtures anew"))
  func writesTheFixtures() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Fixtures").standardized
    for defect in TorrentFixtures.defects {
      try Data(defect.bytes).write(to: folder.appendingPathComponent("\(defect.name).torrent"))
    }
  }

  @Test func thereIsOneFixtureForEachDefect() throws {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".torrent") }
    let names = TorrentFixtures.defects.map { $0.name + ".torrent" }
    #expect(Set(names).count == names.count, "two defects have one name")
    #expect(Set(files) == Set(names))
  }

  @Test(arguments: TorrentFixtures.defects)
  func isRefusedWithItsPlace(_ defect: TorrentFixtures.Defect) throws {
    let bytes = try Self.bytes(of: defect)
    #expect(bytes == defect.bytes, "the fixture is not what the generator makes")
    let error = #expect(throws: TorrentError.self) {
      try Torrent.decode(bytes, options: TorrentDecodingOptions(portable: defect.isPortability))
    }
    #expect(error?.place == defect.place)
    #expect(error?.problem.contains(defect.problem) == true, "it says: \(error?.problem ?? "nothing")")
    #expect(error?.description.hasPrefix(defect.place) == true)
  }

  @Test(arguments: TorrentFixtures.defects.filter(\.isPortability))
  func isTakenWherePortabilityIsNotAskedFor(_ defect: TorrentFixtures.Defect) throws {
    #expect(throws: Never.self) { try Torrent.decode(defect.bytes) }
  }

  @Test(arguments: [TorrentFixtures.v1, TorrentFixtures.single, TorrentFixtures.v2, TorrentFixtures.hybrid])
  func theTorrentsThatDefectsAreMadeOfAreSound(_ torrent: Bencode) throws {
    #expect(try Torrent.decode(torrent.encoded(), options: TorrentDecodingOptions(portable: true)).warnings.isEmpty)
  }
}
