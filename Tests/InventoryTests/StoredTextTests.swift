import Testing

@testable import Inventory

struct StoredTextTests {
  @Test func `Text is kept as it is within the limit and cut between characters beyond it`() {
    #expect(StoredText.bounded("plain\u{1B}[31m", to: 64) == "plain\u{1B}[31m")
    #expect(StoredText.bounded("äöü", to: 6) == "äöü")
    #expect(StoredText.bounded("äöü", to: 5) == "äö")
    #expect(StoredText.bounded("äöü", to: 1) == "")
    #expect(StoredText.bounded(String(repeating: "\u{1F30D}", count: 3), to: 11).utf8.count == 8)
  }

  @Test func `NUL does not hide what follows it`() {
    #expect(StoredText.bounded("a\0b", to: 64) == "a\u{FFFD}b")
    #expect(StoredText.bounded("a\0b", to: 4) == "a\u{FFFD}")
  }
}
