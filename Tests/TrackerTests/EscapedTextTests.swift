import Testing
import Tracker

@Suite struct EscapedTextTests {
  @Test(arguments: [
    ("plain, ä and 漢", "plain, ä and 漢"), ("a\u{1B}[2Jb\n", "a\\u{1b}[2Jb\\u{a}"), ("\u{202E}txt", "\\u{202e}txt"), ("\\n", "\\\\n"),
    ("\u{2028}\u{0}", "\\u{2028}\\u{0}"),
  ])
  func `what moves the cursor or hides is escaped`(text: String, expected: String) {
    #expect(EscapedText.escape(text) == expected)
  }

  @Test func `long text is cut`() {
    #expect(EscapedText.escape("abcdef", limit: 3) == "abc…")
    #expect(EscapedText.escape("abc", limit: 3) == "abc")
  }
}
