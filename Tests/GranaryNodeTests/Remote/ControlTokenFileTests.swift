import Control
import PluginKit
import Settings
import Testing

@testable import GranaryNode

struct ControlTokenFileTests {
  private let token = String(repeating: "x", count: 32)

  @Test func `names and tokens, one a line, some to read alone`() throws {
    let text = "# for people\n\nci \(token)\r\n  eyes\t\(token)2  read\n"
    let entries = try ControlTokenFile.parse(Array(text.utf8), "f")
    #expect(entries.map(\.name) == ["ci", "eyes"] && entries.map(\.isReader) == [false, true] && entries[1].token == token + "2")
  }

  @Test(arguments: [
    ("", "f"), ("# nobody", "f"), ("ci", "f:1"), ("ci short", "f:1"), ("ci XX write", "f:1"), ("ci XX read more", "f:1"),
    ("ci XX\nci YY", "f:2"), ("ci XX\n\neyes XX", "f:3"), ("c/i XX", "f:1"), ("ci XX!", "f:1"),
  ])
  func `what is none is told with its line`(text: String, place: String) throws {
    let long = text.replacing("XX", with: token).replacing("YY", with: token + "y")
    let problem = #expect(throws: SettingsProblem.self) { try ControlTokenFile.parse(Array(long.utf8), "f") }
    #expect(problem?.place == place)
  }
}
