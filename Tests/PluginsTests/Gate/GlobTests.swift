import TestSupport
import Testing

@testable import Plugins

struct GlobTests {
  @Test(arguments: [
    ("a/b.txt", "a/b.txt", true), ("a/b.txt", "a/B.txt", false), ("*.txt", "b.txt", true), ("*.txt", "a/b.txt", false), ("*", "a", true),
    ("*", "a/b", false), ("**", "a/b/c", true), ("secret/**", "secret/a/b", true), ("secret/**", "secret", false),
    ("secret/**", "secrets/a", false), ("**/key", "key", true), ("**/key", "a/b/key", true), ("**/key", "a/monkey", false),
    ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/xb", false), ("a**b", "a/x/b", true),
    ("**/*.key", "x/y/z.key", true),
    ("**/*.key", "z.key", true), ("?.txt", "é.txt", true), ("?", "/", false), ("a?c", "a/c", false), ("a*c*e", "abcde", true),
    ("a*c*e", "abc/e", false), ("**/a/**/b", "x/a/y/b", true), ("**/a/**/b", "a/b", true), ("**/a/**/b", "b", false), ("\\*", "*", true),
    ("\\*", "x", false), ("\\[x\\]", "[x]", true), ("***", "a/b", true), ("*/*", "a/b", true), ("*/*", "a/b/c", false), ("", "", false),
  ])
  func pathsMatch(pattern: String, path: String, isMatch: Bool) throws {
    guard !pattern.isEmpty else {
      #expect(throws: Glob.Problem.self) { try Glob(pattern, .path) }
      return
    }
    #expect(try Glob(pattern, .path).matches(path) == isMatch)
  }

  @Test(arguments: [("app-*", "app-1/2", true), ("a?b", "a/b", true), ("*", "", true), ("**/x", "x", false)])
  func slashIsACharacterLikeOthersInNames(pattern: String, name: String, isMatch: Bool) throws {
    #expect(try Glob(pattern, .name).matches(name) == isMatch)
  }

  @Test func composedAndDecomposedTextAreTheSame() throws {
    let (composed, decomposed) = ("caf\u{E9}/x", "cafe\u{301}/x")
    #expect(try Glob("caf\u{E9}/**", .path).matches(decomposed))
    #expect(try Glob("cafe\u{301}/**", .path).matches(composed))
    #expect(try Glob("caf?/x", .path).matches(decomposed))
  }

  @Test func combiningMarkAfterASlashHidesNothing() throws {
    #expect(try Glob("secret/**", .path).matches("secret/\u{301}x"))
  }

  @Test(arguments: [
    ("", "the pattern is empty"), ("/etc", "paths are relative: write 'etc'"),
    ("secret/", "'secret/' ends with a slash: write 'secret/**' for all that lies below"),
    ("a/**/", "'a/**/' ends with a slash: write 'a/**/**' for all that lies below"),
    ("[ab]", "'[' has no meaning in a pattern: write '\\[' for the character itself"),
    ("{a,b}", "'{' has no meaning in a pattern: write '\\{' for the character itself"), ("a\\", "the pattern ends in the middle of '\\'"),
  ])
  func patternsThatCannotBeMeantAreRefused(pattern: String, message: String) {
    let problem = #expect(throws: Glob.Problem.self) { try Glob(pattern, .path) }
    #expect(problem?.description == message)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func matcherAgreesWithOneThatTriesEverything(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let pattern = Self.text(from: ["a", "b", "/", "*", "**", "**/", "?"], upTo: 7, &generator)
      let kind: Glob.Kind = Bool.random(using: &generator) ? .path : .name
      guard let glob = try? Glob(pattern, kind) else { continue }
      for _ in 0..<20 {
        let text = Self.text(from: ["a", "b", "/"], upTo: 8, &generator)
        let expected = Self.naive(Array(pattern), Array(text), kind, beginsLevel: true)
        #expect(glob.matches(text) == expected, "\(pattern) on \(text) as \(kind)")
      }
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func longPatternOfStarsEnds() throws {
    let pattern = String(repeating: "*a", count: 40) + "b"
    #expect(try !Glob(pattern, .path).matches(String(repeating: "a", count: 2_000)))
    let wide = String(repeating: "**/a", count: 20) + "/b"
    #expect(try !Glob(wide, .path).matches(String(repeating: "a/", count: 300) + "c"))
  }

  private static func text(from parts: [String], upTo count: Int, _ generator: inout SeededGenerator) -> String {
    (0..<Int.random(in: 0...count, using: &generator)).compactMap { _ in parts.randomElement(using: &generator) }.joined()
  }

  /// Tries every way in which the stars can be taken.
  private static func naive(_ pattern: [Character], _ text: [Character], _ kind: Glob.Kind, beginsLevel: Bool) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let stars = pattern.prefix { $0 == "*" }.count
    if stars == 0 {
      guard let head = text.first, first == head || (first == "?" && (kind == .name || head != "/")) else { return false }
      return naive(Array(pattern.dropFirst()), Array(text.dropFirst()), kind, beginsLevel: first == "/")
    }
    let rest = Array(pattern.dropFirst(stars))
    if stars > 1, kind == .path, beginsLevel, rest.first == "/" {
      let starts = [0] + text.indices.filter { text[$0] == "/" }.map { $0 + 1 }
      return starts.contains { naive(Array(rest.dropFirst()), Array(text.dropFirst($0)), kind, beginsLevel: true) }
    }
    return (0...text.count).contains { count in
      let isAllowed = stars > 1 || kind == .name || !text.prefix(count).contains("/")
      return isAllowed && naive(rest, Array(text.dropFirst(count)), kind, beginsLevel: false)
    }
  }
}
