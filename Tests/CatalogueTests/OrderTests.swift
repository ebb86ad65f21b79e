import Testing

@testable import Catalogue

@Suite struct OrderTests {
  @Test(arguments: [
    ["app-1.9", "app-1.10"], ["1.0~rc1", "1.0-dev", "1.0-alpha", "1.0-beta1", "1.0-beta2", "1.0-rc1", "1.0", "1.0a", "1.0.1", "1.1"],
    ["1.2", "1.2.0", "1.2.0.1"], ["v1.9", "v1.10"], ["2026-01-09", "2026-01-10", "2026-11-27"], ["", "1"], ["9", "10", "11"],
    ["99999999999999999998", "99999999999999999999", "100000000000000000000"], ["1.0", "1.00", "1.1"], ["a", "b"],
    ["build-9", "build-142"],
  ])
  func `versions are in the order in which people count`(texts: [String]) {
    #expect(texts.reversed().sorted(by: NaturalOrder.precedes) == texts)
    for (index, text) in texts.enumerated() {
      #expect(!NaturalOrder.precedes(text, text))
      for later in texts[(index + 1)...] {
        #expect(NaturalOrder.precedes(text, later) && !NaturalOrder.precedes(later, text))
      }
    }
  }

  @Test func `any two texts are in one order, and three do not go in a circle`() {
    let parts = ["1", "10", "01", "a", "rc", "~", ".", "-", "beta", "é", "1\u{301}", ""]
    let texts = Array(Set(parts.flatMap { one in parts.flatMap { two in parts.map { one + two + $0 } } })).prefix(300)
    let sorted = texts.sorted(by: NaturalOrder.precedes)
    for (one, other) in zip(sorted, sorted.dropFirst()) {
      #expect(NaturalOrder.precedes(one, other) && !NaturalOrder.precedes(other, one), "\(one) \(other)")
    }
    for _ in 0..<3000 {
      guard let a = sorted.randomElement(), let b = sorted.randomElement(), let c = sorted.randomElement() else { return }
      #expect(!(NaturalOrder.precedes(a, b) && NaturalOrder.precedes(b, c) && NaturalOrder.precedes(c, a)))
    }
  }

  @Test(arguments: [
    ("app-1.9", "app-*", "1.9"), ("app-1.10.tar.gz", "app-*.tar.gz", "1.10"), ("linux-5.4.0-x86_64", "linux-*-x86_64", "5.4.0"),
    ("app-1.9-rc1", "app-*", "1.9-rc1"), ("app-v2.0", "app-*", "v2.0"), ("build-142", "build-*", "142"), ("app_1.2", "app_*", "1.2"),
    ("app-2-x86_64", "app-*-x86_64", "2"), ("notes", "notes", ""), ("x86_64", "x86_64", ""), ("1.9", "1.9", ""), ("", "", ""),
    ("backup 20261127", "backup *", "20261127"),
  ])
  func `a family is the name without its version`(name: String, family: String, version: String) {
    let found = ArtifactFamily(name: name, version: nil)
    #expect(found.name == family && found.version == version)
  }

  @Test func `what an artifact says of its version counts`() {
    #expect(ArtifactFamily(name: "app-1.9-7", version: "7").name == "app-1.9-*")
    #expect(ArtifactFamily(name: "app", version: "3").name == "app")
    #expect(ArtifactFamily(name: "app", version: "3").version == "3")
  }

  @Test(arguments: [
    ("app-*", "app-1", true), ("app-*", "apps", false), ("*", "", true), ("a?c", "abc", true), ("a?c", "ac", false),
    ("*1*2*", "x1y2z", true),
    ("*1*2", "x1y2z", false), ("", "", true), ("", "a", false), ("a*a*a*a*b", String(repeating: "a", count: 2000), false),
  ])
  func `patterns`(pattern: String, text: String, matches: Bool) {
    #expect(NamePattern(pattern).matches(text) == matches)
  }
}
