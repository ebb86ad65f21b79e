import Metainfo
import TestSupport
import Testing

/// Sound torrents, bencode and magnet links with random damage: whatever comes of them is a value or an error, never a trap.
@Suite struct MutationTests {
  private static func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
      case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: bytes.remove(at: at)
      case 3: bytes.insert("0123456789:ilde-".utf8.randomElement(using: &generator) ?? 0, at: at)
      case 4: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &generator)))
      case 5: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + Int.random(in: 1...60, using: &generator))], at: at)
      // A number in another's place is what bounds are made for.
      default:
        let numbers = ["0", "-1", "1", "99", "16384", "4294967296", "9223372036854775807", "-9223372036854775808"]
        let end = bytes[at...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.endIndex
        bytes.replaceSubrange(at..<end, with: Array((numbers.randomElement(using: &generator) ?? "").utf8))
      }
    }
    return bytes
  }

  // What a torrent that was taken is then asked.
  private static func use(_ torrent: Torrent, using generator: inout SeededGenerator) throws {
    #expect(torrent.layout.files.count == torrent.layout.fileOffsets.count)
    #expect(torrent.layout.pieceCount > 0)
    for file in torrent.layout.files where !file.isPadding {
      #expect(!file.path.isEmpty && file.path.allSatisfy { !["", ".", ".."].contains($0) && !$0.utf8.contains(0x2F) })
    }
    for _ in 0..<4 {
      let word = generator.next()
      let block = Block(
        piece: UInt32.random(in: 0...UInt32(torrent.layout.pieceCount), using: &generator), offset: UInt32(word & 0x7FFF),
        length: UInt32(word >> 32 & 0x7FFF))
      let covered = torrent.layout.extents(of: block)?.reduce(0) { $0 + $1.length }
      #expect(covered == nil || covered == Int(block.length))
    }
    _ = torrent.merkleTree(ofFile: 0)?.hashes(baseLayer: 0, index: 0, length: 2, proofLayers: 1)
    #expect(try Torrent.decode(torrent.encoded()).torrent.infoHash == torrent.infoHash)
  }

  @Test(arguments: TorrentVersion.allCases)
  func damagedTorrentsNeverTrap(_ version: TorrentVersion) throws {
    var generator = SeededGenerator(seed: 2026)
    let small = try TorrentFixtures.torrent(version, trackers: [["http://a"], ["udp://b:1"]], webSeeds: ["http://w/"]).bytes
    var taken = 0
    for _ in 0..<2500 {
      let bytes = Self.mutated(small, using: &generator)
      guard let torrent = try? Torrent.decode(bytes).torrent else { continue }
      try Self.use(torrent, using: &generator)
      taken += 1
    }
    #expect(taken > 10, "the mutations are too rough to test what lies behind the decoder")
  }

  @Test func damagedFieldsNeverTrap() throws {
    var generator = SeededGenerator(seed: 11)
    let sound = [TorrentFixtures.v1, TorrentFixtures.single, TorrentFixtures.v2, TorrentFixtures.hybrid]
    for index in 0..<4000 {
      let bytes = Self.mutated(sound[index % sound.count].encoded(), using: &generator)
      guard let torrent = try? Torrent.decode(bytes, options: TorrentDecodingOptions(portable: index.isMultiple(of: 3))).torrent else {
        continue
      }
      try Self.use(torrent, using: &generator)
    }
  }

  @Test func damagedBencodeNeverTraps() throws {
    var generator = SeededGenerator(seed: 3)
    let sound = try TorrentFixtures.torrent(.hybrid, files: [TorrentFixtures.File("a", [1])]).bytes
    var taken = 0
    for index in 0..<5000 {
      let bytes = Self.mutated(sound, using: &generator)
      let options: BencodeOptions = index.isMultiple(of: 2) ? .allowsUnsortedKeys : []
      if let value = try? Bencode.decode(bytes, limits: .message, options: options) {
        taken += 1
        #expect(try Bencode.decode(value.encoded()) == value)
      }
      if let (value, end) = try? Bencode.decodePrefix(bytes, options: options), options.isEmpty {
        #expect(Array(bytes[..<end]) == value.encoded(), "what is taken strictly has one form")
      }
    }
    #expect(taken > 100)
  }

  @Test func damagedMagnetLinksNeverTrap() throws {
    var generator = SeededGenerator(seed: 5)
    let sound = "\(try TorrentFixtures.torrent(.hybrid, trackers: [["http://a"]]).torrent.magnet)&so=1,3-5&x.pe=%5B::1%5D:80"
    for _ in 0..<3000 {
      let text = String(decoding: Self.mutated(Array(sound.utf8), using: &generator), as: UTF8.self)
      guard let magnet = try? Magnet.parse(text) else { continue }
      #expect(try Magnet.parse("\(magnet)") == magnet)
    }
  }
}
