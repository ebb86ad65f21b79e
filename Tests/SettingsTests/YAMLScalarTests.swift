import Testing

@testable import Settings

struct YAMLScalarTests {
  @Test(
    "Plain text is what YAML 1.2's core schema says",
    arguments: [
      ("", .null), ("~", .null), ("null", .null), ("NULL", .null), ("nUll", .string),
      ("true", .boolean), ("False", .boolean), ("yes", .string), ("no", .string), ("on", .string), ("off", .string), ("y", .string),
      ("0", .integer), ("-12", .integer), ("+3", .integer), ("010", .integer), ("0x1F", .integer), ("0o17", .integer), ("0x", .string),
      ("0xg", .string), ("0o8", .string), ("--1", .string), ("-", .string), ("1_000", .string), ("-0x1F", .string),
      ("1.5", .float), (".5", .float), ("5.", .float), ("1e3", .float), ("-1.5E-3", .float), (".inf", .float), ("-.inf", .float),
      (".nan", .float), (".", .string), ("e3", .string), ("1e", .string), ("1.2.3", .string), ("127.0.0.1", .string),
      ("22:00", .string), ("2026-01-01", .string), ("<<", .string), ("10.0.0.0/8", .string), ("0-99", .string),
    ] as [(String, YAMLScalar.Kind)])
  func plainText(text: String, kind: YAMLScalar.Kind) {
    #expect(YAMLScalar.Kind(plain: text) == kind)
  }

  @Test("Quoted and block text is text", arguments: ["a: \"5\"", "a: 'true'", "a: |\n  5", "a: >-\n  null"])
  func quotedText(yaml: String) throws {
    let root = try YAMLDocument(parsing: Array(yaml.utf8), file: "t").root
    guard case .scalar(let scalar)? = root["a"]?.content else {
      Issue.record("no scalar")
      return
    }
    #expect(scalar.kind == .string)
    #expect(!scalar.isPlain)
  }
}
