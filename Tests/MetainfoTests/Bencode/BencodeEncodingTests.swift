import Metainfo
import TestSupport
import Testing

@Suite struct BencodeEncodingTests {
  @Test func keysAreWrittenInTheOrderOfTheirBytes() {
    let value = Bencode.dictionary(["b": .integer(2), "aa": .integer(3), "a": .integer(1), "é": .integer(5), "Z": .integer(0)])
    #expect(value.encoded() == Array("d1:Zi0e1:ai1e2:aai3e1:bi2e2:éi5ee".utf8))
  }

  @Test func whatIsDecodedIsEncodedToTheSameBytes() throws {
    let text = "d0:le1:ai-1e4:listl0:d1:ki0eei9223372036854775807eee"
    #expect(try Bencode.decode(Array(text.utf8)).encoded() == Array(text.utf8))
  }

  @Test func randomValuesSurviveTheRoundTrip() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      let value = random(depth: 4, using: &generator)
      #expect(try Bencode.decode(value.encoded()) == value)
    }
  }

  private func random(depth: Int, using generator: inout SeededGenerator) -> Bencode {
    switch Int.random(in: 0..<(depth > 0 ? 4 : 2), using: &generator) {
    case 0: return .integer(Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<64, using: &generator))
    case 1: return .bytes(generator.bytes(Int.random(in: 0..<20, using: &generator)))
    case 2: return .list((0..<Int.random(in: 0..<5, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
    default:
      var entries: [[UInt8]: Bencode] = [:]
      for _ in 0..<Int.random(in: 0..<5, using: &generator) {
        entries[generator.bytes(Int.random(in: 0..<4, using: &generator))] = random(depth: depth - 1, using: &generator)
      }
      return .dictionary(entries)
    }
  }
}
