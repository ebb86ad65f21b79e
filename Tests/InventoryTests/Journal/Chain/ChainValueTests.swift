import Metainfo
import Testing

@testable import Inventory

struct ChainValueTests {
  @Test func `Values are read back as they were written, and nothing else is`() {
    var bytes = CanonicalBytes()
    bytes.add(.min)
    bytes.add(text: [1, 2, 3])
    bytes.add(text: [])
    bytes.add(7)
    var reader = CanonicalReader(bytes.bytes)
    #expect(reader.number() == .min && reader.text() == [1, 2, 3] && reader.text() == [] && !reader.isAtEnd)
    #expect(reader.number() == 7 && reader.isAtEnd && reader.number() == nil && reader.text() == nil)
    for length in 0..<bytes.bytes.count {
      var cut = CanonicalReader(Array(bytes.bytes.prefix(length)))
      let values = (cut.number(), cut.text(), cut.text(), cut.number())
      #expect(values.3 == nil)
    }
    var long = CanonicalReader([2, 0xFF, 0xFF, 0xFF, 0xFF, 1])
    #expect(long.text() == nil)
  }

  @Test func `Different values give different bytes`() {
    func bytes(_ texts: [String?]) -> [UInt8] {
      var bytes = CanonicalBytes()
      for text in texts { bytes.add(text: text.map { Array($0.utf8) }) }
      return bytes.bytes
    }
    let lists: [[String?]] = [["ab", "c"], ["a", "bc"], ["abc", ""], ["abc", nil], [nil, "abc"], ["abc"], []]
    #expect(Set(lists.map(bytes)).count == lists.count)
  }

  @Test func `A head is written as it is read`() throws {
    let head = JournalHead(sequence: 12, hash: .hash(of: [1]))
    #expect(JournalHead(head.description) == head)
    for text in ["", "12", "12:", ":\(head.hash)", "0:\(head.hash)", "-1:\(head.hash)", "12:ab", "12:\(head.hash):1", "x:\(head.hash)"] {
      #expect(JournalHead(text) == nil, "\(text)")
    }
  }

  @Test func `Notes are read back, and what is none is refused`() {
    let pruned = ChainNotes.Pruned(throughRow: 9, base: JournalHead(sequence: 4, hash: .hash(of: [2])), rows: 3, at: .noon)
    #expect(ChainNotes.Pruned(body: pruned.body) == pruned)
    #expect(ChainNotes.Pruned(body: pruned.body + [0]) == nil && ChainNotes.Pruned(body: []) == nil && ChainNotes.Pruned(body: nil) == nil)
    let begin = ChainNotes.Begin(lastRow: 9, at: .noon)
    #expect(ChainNotes.Begin(body: begin.body) == begin && ChainNotes.Begin(body: pruned.body) == nil)
  }

  /// What a link hashes over is part of what operators rely on: another program can check it, and a later version must.
  @Test func `The hash of a link is what it was`() {
    let hasher = ChainHasher()
    let entry = CountedEntry(Made.refusal(0, facts: "{}"))
    let content = JournalContent(entry, id: 1, mergeKey: 42)
    let digests = [ChainLink.Kind.row, .open, .many, .closed].map { kind in
      hasher.hash(after: .zero, sequence: 2, kind: kind, row: 1, content: hasher.digest(of: content.bytes(for: kind) ?? []))
    }
    #expect(digests.map { String($0.description.prefix(16)) } == Self.frozen)
  }

  private static let frozen = ["037623d48a5b51a4", "fa9ee945bc729845", "8f6161b1d4183085", "dac817d2c3442287"]
}
