import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct MessageTemplateTests {
  private let facts = MessageFacts(
    artifact: PolicyFixtures.artifact(), peer: PolicyFixtures.peer(), nodeName: "depot-01", now: PolicyFixtures.noon)

  private func rendered(_ text: String) throws -> Bencode { MessageTemplate.text(try MessageTemplate.parts(of: text)).rendered(facts) }

  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("${artifact.name}", "app-1.0"), ("a ${artifact.name} b", "a app-1.0 b"),
    ("${artifact.info_hash}", String(repeating: "ab", count: 20)), ("${peer.principal}", "10.1.2.3"),
    ("${peer.address}", "10.1.2.3:50000"), ("${node.name}${node.name}", "depot-01depot-01"), ("at ${time}", "at 1795435200"),
    ("$${time}", "${time}"), ("$$${node.name}", "$${node.name}"), ("$5 and $", "$5 and $"), ("}{", "}{"),
  ])
  func textsHaveTheirFacts(text: String, expected: String) throws {
    #expect(try rendered(text) == .string(expected))
  }

  @Test func theTimeAloneIsANumber() throws {
    #expect(try rendered("${time}") == .integer(1_795_435_200))
  }

  @Test(arguments: ["${", "${}", "${time", "${Time}", "${ time}", "${peer.identity}", "${artifact}", "${${time}}"])
  func whatIsNoFactIsRefused(text: String) {
    #expect(throws: SettingsProblem.self) { try MessageTemplate.parts(of: text) }
  }

  @Test func everythingThatIsNoFactPassesAsItIs() throws {
    var generator = SeededGenerator(seed: 41)
    let alphabet = Array("${}ab.")
    for _ in 0..<5_000 {
      let text = String((0..<12).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
      guard let parts = try? MessageTemplate.parts(of: text) else {
        // Only what begins a fact can be refused.
        #expect(text.contains("${"))
        continue
      }
      // No fact is among these letters: what is taken is text, and only a quoted beginning is written otherwise.
      #expect(parts.count <= 1)
      #expect(MessageTemplate.text(parts).rendered(facts) == .string(text.replacingOccurrences("$${", "${")))
    }
  }

  @Test func templatesAreOfAnyShape() throws {
    let template = try LiteralSettings(["v": 1, "list": ["${node.name}", ["deep": "x"]], "at": "${time}"]).decode(MessageTemplate.self)
    #expect(
      template.rendered(facts)
        == .dictionary([
          "v": .integer(1), "list": .list([.string("depot-01"), .dictionary(["deep": .string("x")])]), "at": .integer(1_795_435_200),
        ]))
    #expect(template.isDictionary && template.depth == 3)
  }

  @Test func anUnknownFactHasItsPlace() throws {
    let problem = #expect(throws: SettingsProblem.self) {
      try LiteralSettings(["a": ["b": ["x", "${host}"]]]).decode(MessageTemplate.self)
    }
    #expect(problem?.place == "$.a.b[1]")
    #expect(problem?.message.contains("${node.name}") == true)
  }

  @Test func truthIsNoValueOfAMessage() {
    #expect(throws: (any Error).self) { try LiteralSettings(["a": true]).decode(MessageTemplate.self) }
  }
}

extension String {
  fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
    var (result, rest) = ("", self[...])
    while let first = rest.first {
      if rest.hasPrefix(old) {
        result += new
        rest = rest.dropFirst(old.count)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}
