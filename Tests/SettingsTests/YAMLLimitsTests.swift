import Settings
import TestSupport
import Testing

struct YAMLLimitsTests {
  private static let mebibyte = 1 << 20

  @Test("A file of more than 1 MiB is refused; one of 1 MiB is read")
  func size() {
    let full = Array("a: \"".utf8) + Array(repeating: UInt8(ascii: "x"), count: Self.mebibyte - 5) + Array("\"".utf8)
    #expect(full.count == Self.mebibyte)
    #expect(syntaxProblems(full).isEmpty)
    #expect(syntaxProblems(full + [0x0A]) == ["t: the file has more than 1048576 bytes; no more are read"])
  }

  @Test("Values 64 deep are read, deeper ones are refused where they begin")
  func depth() {
    func nested(_ depth: Int) -> [UInt8] { Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8) }
    #expect(syntaxProblems(nested(64)).isEmpty)
    #expect(syntaxProblems(nested(65)) == ["t:1:65: values are nested more than 64 deep"])
  }

  @Test("A file of more values than the limit is refused where the limit is passed")
  func nodes() {
    var limits = YAMLLimits()
    limits.nodes = 4
    #expect(syntaxProblems(Array("[1, 2, 3]".utf8), limits: limits).isEmpty)
    #expect(syntaxProblems(Array("[1, 2, 3, 4]".utf8), limits: limits) == ["t:1:11: the file holds more than 4 values"])
  }

  @Test("After fifty refusals the reading ends")
  func refusals() {
    let found = syntaxProblems(Array((0..<1000).map { "k\($0): *a" }.joined(separator: "\n").utf8))
    #expect(found.count == 51)
    #expect(found.last == "t:50:6: more problems may follow; these are enough for now")
  }

  /// Each is a megabyte that makes a parser without limits slow or large.
  private static let bombs: [(name: String, text: String)] = [
    ("brackets", repeated("[")), ("braces", repeated("{")), ("dashes", repeated("- ")), ("question marks", repeated("? ")),
    ("nested flow mappings", repeated("{a: ")), ("nested pairs", repeated("[a,")), ("many items", "[" + repeated("a,") + "]"),
    ("many anchors", "[" + (0..<90_000).map { "&a\($0) x" }.joined(separator: ",") + "]"),
    ("many keys", (0..<150_000).map { "\($0):" }.joined(separator: "\n")),
    ("one key again and again", repeated("k: 1\n")), ("quotes", repeated("\"")), ("blank lines", repeated("\n")),
    ("laughs", "a: &a [x,x]\n" + (0..<60).map { "b\($0): &b\($0) [*a,*a,*a,*a]\n" }.joined()),
    ("a list within itself", "a: &a [*a]"),
  ]

  private static func repeated(_ text: String) -> String { String(repeating: text, count: (mebibyte - 2) / text.utf8.count) }

  @Test("Megabytes that were made to be slow are refused or read within a moment", arguments: bombs.indices)
  func boundedTime(index: Int) {
    let bytes = Array(Self.bombs[index].text.utf8)
    // A debug build takes a fraction of a second; libyaml's own document interface takes minutes for some of these.
    let time = ThreadTime.measure { _ = syntaxProblems(bytes) }
    #expect(time < .seconds(10), "\(Self.bombs[index].name): \(time)")
  }

  @Test("Aliases are refused, whatever they would expand to")
  func aliases() throws {
    let laughs = try #require(Self.bombs.first { $0.name == "laughs" })
    #expect(syntaxProblems(Array(laughs.text.utf8)).first?.contains("anchors are not supported") == true)
  }
}
