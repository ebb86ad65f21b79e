import Testing

@testable import Settings

struct YAMLDocumentTests {
  @Test("A value, a key and an item know their line and column, counted from 1 in characters")
  func marks() throws {
    let text = "\u{FEFF}# café\r\nnode:\r\n  name: \"é\"\r\n  list: [ü, {k: v}]\r\n"
    let document = try YAMLDocument(parsing: Array(text.utf8), file: "t")
    let node = try #require(document.root["node"])
    #expect(document.root.mark == YAMLMark(line: 2, column: 1))
    #expect(node.mark == YAMLMark(line: 3, column: 3))
    #expect(node["name"]?.mark == YAMLMark(line: 3, column: 9))
    guard case .sequence(let items)? = node["list"]?.content, items.count == 2 else {
      Issue.record("list is not a sequence of two")
      return
    }
    #expect(items[1].mark == YAMLMark(line: 4, column: 13))
    guard case .mapping(let pairs) = items[1].content else {
      Issue.record("no mapping")
      return
    }
    #expect(pairs.first?.keyMark == YAMLMark(line: 4, column: 14))
    #expect(pairs.first?.value.mark == YAMLMark(line: 4, column: 17))
  }

  @Test("An empty file and a file of comments are null at 1:1", arguments: ["", "\n", "# nothing\n", "---\n"])
  func emptyFiles(text: String) throws {
    let root = try YAMLDocument(parsing: Array(text.utf8), file: "t").root
    #expect(root.isNull)
    #expect(root.mark.column == 1)
  }

  @Test(
    "Text that is not YAML is refused where it goes wrong",
    arguments: [
      (
        "a:\n\t- b\n",
        "t:2:1: found character that cannot start any token, while scanning for the next token (this is a tab: YAML indents with spaces)"
      ),
      ("a: b: c\n", "t:1:5: mapping values are not allowed in this context"),
      ("a: [1, 2\n", "t:2:1: did not find expected ',' or ']', while parsing a flow sequence that begins at 1:4"),
      ("a:\n  - b\n c\n", "t:3:2: did not find expected key, while parsing a block mapping that begins at 1:1"),
      ("a: \"x\n", "t:2:1: found unexpected end of stream, while scanning a quoted scalar that begins at 1:4"),
      ("a: @b\n", "t:1:4: found character that cannot start any token, while scanning for the next token"),
      ("é: \u{1}\n", "t:1:4: control characters are not allowed (U+0001)"),
      ("a: \"\\q\"\n", "t:1:5: found unknown escape character, while parsing a quoted scalar that begins at 1:4"),
    ])
  func syntax(text: String, line: String) {
    #expect(syntaxProblems(text) == [line])
  }

  @Test(
    "Bytes that are not UTF-8 are refused where they stand",
    arguments: [
      ([0x61, 0x3A, 0x0A, 0x62, 0x3A, 0x20, 0xFF], "t:2:4: the file is not UTF-8: invalid leading UTF-8 octet (byte 0xFF)"),
      ([0x61, 0x3A, 0x20, 0xC3, 0x28], "t:1:5: the file is not UTF-8: invalid trailing UTF-8 octet (byte 0x28)"),
      ([0x61, 0x3A, 0x20, 0xE2, 0x82], "t:1:4: the file is not UTF-8: incomplete UTF-8 octet sequence"),
      ([0xFF, 0xFE, 0x61, 0x00], "t:1:1: the file is not UTF-8: invalid leading UTF-8 octet (byte 0xFF)"),
    ] as [([UInt8], String)])
  func encoding(bytes: [UInt8], line: String) {
    let found = syntaxProblems(bytes)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix(line) == true, "\(found)")
  }

  @Test(
    "YAML that a configuration does not need is refused where it stands",
    arguments: [
      ("a: 1\n---\nb: 2\n", "t:2:1: a second document begins here; a configuration is one document"),
      ("a: 1\n...\n---\n", "t:3:1: a second document begins here; a configuration is one document"),
      ("a: &x 1\n", "t:1:4: the anchor &x: anchors are not supported, write the value out where it is used"),
      ("a: &x\n  b: 1\n", "t:1:4: the anchor &x: anchors are not supported, write the value out where it is used"),
      ("a: &x [1]\n", "t:1:4: the anchor &x: anchors are not supported, write the value out where it is used"),
      ("a: *x\n", "t:1:4: the alias *x: aliases are not supported, write the value out"),
      ("a:\n  b: 1\n  c: 2\n  b: 3\n", "t:4:3: the key 'b' stands here a second time; the first is at 2:3"),
      ("a: 1\n\"a\": 2\n", "t:2:1: the key 'a' stands here a second time; the first is at 1:1"),
      ("a:\n  <<: {b: 1}\n", "t:2:3: merge keys (<<) are not supported, write the keys out"),
      ("a: !secret x\n", "t:1:4: the tag '!secret' is not supported"),
      ("a: !!binary aGk=\n", "t:1:4: the tag 'tag:yaml.org,2002:binary' is not supported"),
      ("a: !!set {x}\n", "t:1:4: the tag 'tag:yaml.org,2002:set' is not supported"),
      ("a: !!int x\n", "t:1:4: the tag does not fit the value 'x'"),
      ("? [a, b]\n: c\n", "t:1:3: a key must be a text, found a list"),
      ("? {a: b}\n: c\n", "t:1:3: a key must be a text, found a mapping"),
      ("? \n: c\n", "t:1:2: a key is missing before the colon"),
    ])
  func refusals(text: String, line: String) {
    #expect(syntaxProblems(text) == [line])
  }

  @Test("Several refusals are told at once, in the file's order")
  func severalRefusals() {
    let found = syntaxProblems("a: &x 1\nb: *x\na: 2\n")
    #expect(
      found == [
        "t:1:4: the anchor &x: anchors are not supported, write the value out where it is used",
        "t:2:4: the alias *x: aliases are not supported, write the value out",
        "t:3:1: the key 'a' stands here a second time; the first is at 1:1",
      ])
  }

  @Test("A quoted << is a key like another")
  func quotedMergeKey() throws {
    #expect(try YAMLDocument(parsing: Array("\"<<\": 1".utf8), file: "t").root["<<"] != nil)
  }

  @Test("Core tags decide the kind of a value")
  func coreTags() throws {
    let root = try YAMLDocument(parsing: Array("a: !!str 5\nb: !!int \"5\"\nc: ! 5\nd: !!map {}\ne: !!seq []\n".utf8), file: "t").root
    #expect(try kind(root["a"]) == .string)
    #expect(try kind(root["b"]) == .integer)
    #expect(try kind(root["c"]) == .string)
    #expect(root["d"]?.found == "a mapping")
    #expect(root["e"]?.found == "a list")
  }

  private func kind(_ node: YAMLNode?) throws -> YAMLScalar.Kind? {
    guard case .scalar(let scalar)? = node?.content else { return nil }
    return scalar.kind
  }
}
