import PeerProtocol
import TestSupport
import Testing

@Suite struct PeerIDTests {
  @Test func keepsItsTwentyBytesAndTakesNoOtherNumber() throws {
    let bytes = (0..<20).map { UInt8($0 * 13 & 0xFF) }
    #expect(try #require(PeerID(bytes)).bytes == bytes)
    #expect(PeerID(bytes.dropLast()) == nil)
    #expect(PeerID(bytes + [0]) == nil)
    #expect(PeerID([UInt8]()) == nil)
  }

  @Test func aRandomIDBeginsWithThePrefixAndDiffersFromTheNext() {
    var generator = SeededGenerator(seed: 1)
    let one = PeerID.random(prefix: "-GY0001-", using: &generator)
    let two = PeerID.random(prefix: "-GY0001-", using: &generator)
    #expect(one.bytes.starts(with: "-GY0001-".utf8))
    #expect(one.bytes.allSatisfy { (0x21...0x7E).contains($0) })
    #expect(one != two)
    #expect(PeerID.random(prefix: "a prefix that is longer than it may be", using: &generator).description == "a prefix that is lon")
  }

  @Test(arguments: [
    ("-LT2080-abcdefghijkl", "libtorrent 2.0.8 (-LT2080-)"), ("-lt0D80-abcdefghijkl", "rTorrent 0.13.8 (-lt0D80-)"),
    ("-TR3000-abcdefghijkl", "Transmission 3.0.0 (-TR3000-)"), ("-qB4521-abcdefghijkl", "qBittorrent 4.5.2.1 (-qB4521-)"),
    ("-GY0001-abcdefghijkl", "Granary 0.0.0.1 (-GY0001-)"), ("-zy1230-abcdefghijkl", "zy 1.2.3 (-zy1230-)"),
    ("M7-10-5--abcdefghijk", "Mainline 7.10.5 (M7-10-5-)"), ("A2-1-36-0-abcdefghij", "aria2 1.36.0 (A2-1-36-0-)"),
    ("A2-1-3-4-5-6-7-8-9--", "aria2 1.3.4 (A2-1-3-4-)"), ("S588-----abcdefghijk", "Shadow 5.8.8 (S588-----)"),
    ("T03I-----abcdefghijk", "BitTornado 0.3.18 (T03I-----)"),
  ]) func namesTheClient(id: String, name: String) throws {
    #expect(try #require(PeerID(Array(id.utf8))).clientName == name)
  }

  @Test(arguments: [
    "abcdefghijklmnopqrst", "-LT20!0-abcdefghijkl", "M7-10-5555-abcdefghi", "M7-10-5", "A2------------------", "M-------------------",
    "S5--8----abcdefghijk", "M1-2-3456789-1234567",
  ]) func anyOtherIDIsGivenAsItIs(text: String) throws {
    let id = try #require(PeerID(Array(text.utf8) + [UInt8](repeating: 0x7E, count: 20 - text.utf8.count)))
    #expect(id.clientName == id.description)
  }

  @Test func whatIsNotPrintableIsEscaped() throws {
    let id = try #require(PeerID([0, 0x1B, 0x5C, 0x7F, 0xFF] + Array("-a b-----------".utf8)))
    #expect(id.description == "\\x00\\x1b\\x5c\\x7f\\xff-a b-----------")
    #expect(id.clientName == id.description)
  }
}
