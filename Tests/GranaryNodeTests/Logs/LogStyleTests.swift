import Foundation
import Logging
import PluginKit
import Settings
import Testing

@testable import GranaryNode

struct LogStyleTests {
  private static let noon = WallTime(nanoseconds: 1_795_435_267_250_000_000)

  private func line(_ message: String = "ready", level: Logger.Level = .notice, _ fields: [(String, String)] = []) -> LogLine {
    LogLine(at: Self.noon, level: level, event: "node.ready", message: message, fields: fields)
  }

  private func text(_ style: LogStyle, _ line: LogLine) -> String { String(decoding: style.bytes(line), as: UTF8.self) }

  @Test func `a line of logfmt has its time, level, event and message, and then its fields by name`() {
    #expect(
      text(LogStyle(), line([("b", "two words"), ("a", "1")]))
        == "time=2026-11-23T12:01:07.250Z level=notice event=node.ready msg=ready a=1 b=\"two words\"\n")
  }

  private func line(_ fields: [(String, String)]) -> LogLine { line("ready", fields) }

  @Test func `a line of JSON is a document of strings`() throws {
    let bytes = LogStyle(format: .json).bytes(line("a \"quoted\" name\n", level: .error, [("policy-generation", "2")]))
    #expect(bytes.count { $0 == UInt8(ascii: "\n") } == 1)
    let document = try JSONDecoder().decode([String: String].self, from: Data(bytes))
    #expect(
      document == [
        "time": "2026-11-23T12:01:07.250Z", "level": "error", "event": "node.ready", "msg": "a \"quoted\" name\n", "policy_generation": "2",
      ])
  }

  @Test func `the journal gets priorities in place of a time`() {
    let style = LogStyle(isJournal: true)
    let expected: [(Logger.Level, Int)] = [(.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3), (.critical, 2)]
    for (level, priority) in expected {
      #expect(text(style, line(level: level)).hasPrefix("<\(priority)>level="))
    }
    #expect(text(LogStyle(format: .json, isJournal: true), line()).hasPrefix("<5>{\"level\":\"notice\""))
  }

  @Test(
    arguments: [
      "a\nlevel=error event=forged msg=\"\"", "\r\n<0>kernel: forged", "\" event=forged msg=\"", "\\\" event=forged",
      "\u{1B}[2J\u{1B}]0;x\u{7}",
      "\u{202E}txt.exe", "\u{2028}time=0", "\u{85}", "\u{0}", "\u{E0001}", "\u{FFFF}", "\u{7F}", "=", "", "ä𝄞 は",
    ])
  func `a value ends neither its quotes nor the line, and comes back as it was`(value: String) throws {
    for style in [LogStyle(), LogStyle(format: .json), LogStyle(isJournal: true)] {
      let line = text(style, line(value, [("peer", value)]))
      let isPlain = line.unicodeScalars.dropLast().allSatisfy { scalar in
        ![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate].contains(scalar.properties.generalCategory)
      }
      #expect(line.hasSuffix("\n") && isPlain, "\(line)")
      // What is outside of quotes is ours.
      #expect(!line.replacing(/"([^"\\]|\\.)*"/, with: "").contains("forged"), "\(line)")
    }
    // Quoted values of logfmt are strings of JSON: so are those of its readers.
    let quoted = LogText.json(value)
    #expect(try JSONDecoder().decode([String].self, from: Data("[\(quoted)]".utf8)) == [value])
  }

  @Test func `names of fields are plain, and none is the line's own`() {
    let fields = line([("time", "1"), ("level", "2"), ("event", "3"), ("msg", "4"), ("a b=\"c\"", "5"), ("", "6"), ("é", "7")]).fields
    #expect(fields.map(\.name) == ["_", "__", "a_b__c_", "field_event", "field_level", "field_msg", "field_time"])
  }

  @Test func `long values are cut, and many fields are left out`() {
    let long = line(String(repeating: "x", count: 1 << 20), (0..<1000).map { ("f\($0)", "v") })
    #expect(long.message.utf8.count < 5000 && long.fields.count == 64)
  }

  @Test func `what is logged has its event, and what libraries and plugins log has one too`() {
    func line(_ label: String, _ metadata: Logger.Metadata) -> LogLine {
      LogLine(
        Logging.LogEvent(level: .info, message: "m", metadata: nil, source: nil, file: "f", function: "f", line: 1), metadata, label: label,
        at: Self.noon)
    }
    let own = line(LogLabel.node, .event(.artifactFetched, ["artifact": "a"]))
    #expect(own.event == "artifact.fetched" && own.fields == [.init(name: "artifact", value: "a")])
    #expect(line(LogLabel.services, [:]).event == "library")
    let plugin = line(LogLabel.plugin + "gate", [:])
    #expect(plugin.event == "plugin.message" && plugin.fields == [.init(name: "plugin", value: "gate")])
    #expect(line(LogLabel.plugin + "gate", .event(.programLine)).event == "program.line")
  }

  @Test func `names of events are words that stay apart`() {
    let names = EventName.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count)
    for name in names { #expect(name.wholeMatch(of: /[a-z]+(\.[a-z_]+)?/) != nil, "\(name)") }
  }

  @Test func `README names every event`() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../README.md").standardized
    let text = try String(contentsOf: file, encoding: .utf8)
    let paragraph = try #require(text.components(separatedBy: "\n\n").first { $0.hasPrefix("Events: ") })
    var (named, area) = (Set<String>(), "")
    for match in paragraph.matches(of: /`([a-z_]*)(\.[a-z_]+)`/) {
      if !match.1.isEmpty { area = String(match.1) }
      named.insert(area + match.2)
    }
    #expect(named == Set(EventName.allCases.map(\.rawValue).filter { $0 != "library" }))
  }
}
