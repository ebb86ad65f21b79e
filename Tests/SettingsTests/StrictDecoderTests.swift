import PluginKit
import Settings
import Testing

struct StrictDecoderTests {
  private struct Shelf: Decodable, Equatable {
    let name: String
    let count: Int
    let isOpen: Bool
    let weight: Double?
    let tags: [String]?
    let labels: [String: Int]?
    let colour: Colour?

    enum CodingKeys: String, CodingKey {
      case name, count, weight, tags, labels, colour
      case isOpen = "is-open"
    }
  }

  private enum Colour: String, Decodable, CaseIterable { case red, green }

  private struct Shop: Decodable {
    let shelves: [Shelf]
    let name: String?
  }

  @Test("A value of every kind is decoded")
  func values() throws {
    let yaml = "name: a\ncount: 0x10\nis-open: true\nweight: 1.5\ntags: [x, \"5\"]\nlabels: {k: 1}\ncolour: green\n"
    let shelf = try decode(Shelf.self, yaml)
    #expect(
      shelf == Shelf(name: "a", count: 16, isOpen: true, weight: 1.5, tags: ["x", "5"], labels: ["k": 1], colour: .green))
  }

  @Test("An omitted or null key of an optional value is nil")
  func optionals() throws {
    let shelf = try decode(Shelf.self, "name: a\ncount: 1\nis-open: false\nweight: ~\ntags:\n")
    #expect(shelf.weight == nil)
    #expect(shelf.tags == nil)
  }

  @Test(
    "Every wrong type is told with place, path, what was expected and what was found",
    arguments: [
      ("name: [a]", "t:1:7: name: expected a text, found a list"),
      ("name: {a: b}", "t:1:7: name: expected a text, found a mapping"),
      ("name: 5", "t:1:7: name: expected a text, found the number 5; for a text write \"5\""),
      ("name: 1e3", "t:1:7: name: expected a text, found the number 1e3; for a text write \"1e3\""),
      ("name: true", "t:1:7: name: expected a text, found true; for a text write \"true\""),
      ("name:", "t:1:6: name: expected a text, found nothing"),
      ("count: lots", "t:1:8: count: expected a whole number, found 'lots'"),
      ("count: 1.5", "t:1:8: count: expected a whole number, found the number 1.5"),
      ("count: \"5\"", "t:1:8: count: expected a whole number, found the text \"5\"; remove the quotes"),
      ("count: 010", "t:1:8: count: expected a whole number without leading zeroes, found the number 010"),
      (
        "count: 9223372036854775808",
        "t:1:8: count: expected a whole number between -9223372036854775808 and 9223372036854775807, found the number 9223372036854775808"
      ),
      ("is-open: yes", "t:1:10: is-open: expected true or false, found 'yes'; write true"),
      ("is-open: off", "t:1:10: is-open: expected true or false, found 'off'; write false"),
      ("is-open: True", "t:1:10: is-open: expected true or false, found True; write true"),
      ("is-open: 1", "t:1:10: is-open: expected true or false, found the number 1; write true"),
      ("is-open: \"true\"", "t:1:10: is-open: expected true or false, found the text \"true\"; write true"),
      ("is-open: perhaps", "t:1:10: is-open: expected true or false, found 'perhaps'"),
      ("is-open: []", "t:1:10: is-open: expected true or false, found a list"),
      ("weight: heavy", "t:1:9: weight: expected a number, found 'heavy'"),
      ("weight: .inf", "t:1:9: weight: expected a number, found the number .inf"),
      ("weight: 1e999", "t:1:9: weight: expected a number, found the number 1e999"),
      ("tags: {a: b}", "t:1:7: tags: expected a list, found a mapping"),
      ("tags: a", "t:1:7: tags: expected a list, found 'a'"),
      ("tags: [a, [b]]", "t:1:11: tags[1]: expected a text, found a list"),
      ("tags: [a, ~]", "t:1:11: tags[1]: expected a text, found nothing"),
      ("labels: [a]", "t:1:9: labels: expected a mapping, found a list"),
      ("labels: {a: b}", "t:1:13: labels.a: expected a whole number, found 'b'"),
      ("colour: blue", "t:1:9: colour: expected one of red, green, found 'blue'"),
    ])
  func wrongTypes(yaml: String, line: String) {
    let rest = ["name: n", "count: 1", "is-open: true"].filter { !yaml.hasPrefix($0.prefix { $0 != ":" } + ":") }
    #expect(decodingProblems(Shelf.self, ([yaml] + rest).joined(separator: "\n")) == [line])
  }

  @Test("Small integers have their own bounds")
  func bounds() {
    #expect(
      decodingProblems([UInt8].self, "[255, 256, -1]") == [
        "t:1:7: [1]: expected a whole number between 0 and 255, found the number 256",
        "t:1:12: [2]: expected a whole number between 0 and 255, found the number -1",
      ])
  }

  @Test("All problems of a document are told at once, in its order")
  func allProblems() {
    let yaml = """
      nmae: x
      shelves:
        - name: 5
          count: lots
          is-open: no
          colour: blue
        - name: a
          count: 1
          is-open: true
        - count: 1
          isopen: true
          tags: [a, 1, b, 2]
        - just text
      name: [x]
      """
    #expect(
      decodingProblems(Shop.self, yaml) == [
        "t:1:1: unknown key 'nmae'; did you mean 'name'?",
        "t:3:11: shelves[0].name: expected a text, found the number 5; for a text write \"5\"",
        "t:4:12: shelves[0].count: expected a whole number, found 'lots'",
        "t:5:14: shelves[0].is-open: expected true or false, found 'no'; write false",
        "t:6:13: shelves[0].colour: expected one of red, green, found 'blue'",
        "t:10:5: shelves[2]: the key 'name' is missing",
        "t:10:5: shelves[2]: the key 'is-open' is missing",
        "t:11:5: shelves[2]: unknown key 'isopen'; did you mean 'is-open'?",
        "t:12:15: shelves[2].tags[1]: expected a text, found the number 1; for a text write \"1\"",
        "t:12:21: shelves[2].tags[3]: expected a text, found the number 2; for a text write \"2\"",
        "t:13:5: shelves[3]: expected a mapping, found 'just text'",
        "t:14:7: name: expected a text, found a list",
      ])
  }

  @Test("An unknown key far from all others is told which there are")
  func unknownKeys() {
    #expect(decodingProblems(Shop.self, "shelves: []\nwheels: 4\n") == ["t:2:1: unknown key 'wheels'; keys here are name, shelves"])
  }

  @Test("The number of problems that are looked for is bounded")
  func manyProblems() {
    let found = decodingProblems([Int].self, "[" + String(repeating: "x,", count: 5000) + "]")
    #expect(found.count == 101)
    #expect(found.last == "t:1:200: more problems may follow; these are enough for now")
  }

  /// A type that takes one of two forms, as `Decodable` types do.
  private struct Either: Decodable {
    let names: [String]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(String.self) {
        names = [one]
      } else {
        names = try container.decode([String].self)
      }
    }
  }

  @Test("A type may try one form of a value and then another, also while other problems are looked for")
  func alternatives() throws {
    #expect(try decode([Either].self, "[a, [b, c]]").map(\.names) == [["a"], ["b", "c"]])
    #expect(
      decodingProblems([Either].self, "[1, a, [b, 2], [c, 3]]") == [
        "t:1:2: [0]: expected a list, found the number 1",
        "t:1:12: [2][1]: expected a text, found the number 2; for a text write \"2\"",
        "t:1:20: [3][1]: expected a text, found the number 3; for a text write \"3\"",
      ])
  }

  /// A type that looks at its values.
  private struct Span: Decodable {
    let low: Int
    let high: Int

    private enum CodingKeys: CodingKey { case low, high }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      low = try container.decode(Int.self, forKey: .low)
      high = try container.decode(Int.self, forKey: .high)
      guard low <= high else { throw SettingsProblem("low is above high") }
    }
  }

  @Test("What a type says of itself gets the place of its value")
  func ownErrors() {
    #expect(decodingProblems([Span].self, "- {low: 1, high: 2}\n- {low: 3, high: 2}\n") == ["t:2:3: [1]: low is above high"])
  }

  @Test("What a type says of several parts gets the places that it names")
  func severalOwnErrors() {
    struct Picky: Decodable {
      init(from decoder: any Decoder) throws {
        throw SettingsProblems([SettingsProblem("first"), SettingsProblem("second", place: "list:7")])
      }
    }
    #expect(decodingProblems([Picky].self, "- x\n") == ["t:1:3: [0]: first", "list:7: [0]: second"])
  }

  @Test("What a type says only because of a value that was wrong already is not told")
  func consequences() {
    #expect(
      decodingProblems([Span].self, "- {low: 3, high: x}\n- {low: 3, high: 2}\n") == [
        "t:1:18: [0].high: expected a whole number, found 'x'", "t:2:3: [1]: low is above high",
      ])
  }

  @Test(
    "A list, a mapping or a text where nothing is read is refused", arguments: [("{a: 1}", "a mapping"), ("[a]", "a list"), ("a", "'a'")])
  func nothingToSet(yaml: String, found: String) {
    struct Nothing: Decodable {}
    #expect(decodingProblems(Nothing.self, yaml) == ["t:1:1: there is nothing to set here, found \(found)"])
  }

  @Test("Nothing is an empty mapping at the top", arguments: ["", "~", "{}"])
  func nothing(yaml: String) throws {
    struct AllOptional: Decodable { let a: Int? }
    #expect(try decode(AllOptional.self, yaml).a == nil)
    _ = try decode(NoSettings.self, yaml)
  }

  @Test("A key that is only close by case or by _ and - is found")
  func suggestions() {
    struct Limits: Decodable {
      let perAddress: Int?
      enum CodingKeys: String, CodingKey { case perAddress = "per-address" }
    }
    #expect(decodingProblems(Limits.self, "Per_Address: 1") == ["t:1:1: unknown key 'Per_Address'; did you mean 'per-address'?"])
  }

  @Test("Text from the file is shown on one line and not endlessly")
  func printableText() {
    #expect(decodingProblems([Int].self, "[\"a\\nb\\e\"]") == ["t:1:2: [0]: expected a whole number, found the text \"a\\nb\\u{1B}\""])
    let long = String(repeating: "x", count: 5000)
    #expect(decodingProblems([Int].self, "[\(long)]").first.map { $0.count < 200 } == true)
  }
}
