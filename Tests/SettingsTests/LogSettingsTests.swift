import Settings
import Testing

struct LogSettingsTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:1\" }]\n"

  @Test("Without the section lines go to standard error, in logfmt")
  func defaults() throws {
    let log = try load(Self.listen).log
    #expect(log == NodeSettings.Log() && log.format == .logfmt && log.level == .info && log.file == nil)
    #expect(try load(Self.listen + "log: {}\n").log == log)
  }

  @Test("Format, level and file; a relative file is beside the configuration")
  func values() throws {
    let log = try load(Self.listen + "log: { format: json, level: debug, file: logs/granary.log }\n").log
    #expect(log == .init(format: .json, level: .debug, file: "/etc/granary/logs/granary.log"))
    for level in NodeSettings.Log.Level.allCases {
      #expect(try load(Self.listen + "log: { level: \(level.rawValue) }\n").log.level == level)
    }
  }

  @Test(
    "A bad value is told with its place",
    arguments: [
      ("format: xml", "n.yaml:2:16: log.format: expected logfmt or json, found 'xml'"),
      ("level: trace", "n.yaml:2:15: log.level: expected debug, info, notice, warning or error, found 'trace'"),
      ("level: 3", "n.yaml:2:15: log.level: expected debug, info, notice, warning or error"),
      ("file: \"\"", "n.yaml:2:14: log.file: expected a path, found ''; an empty path names nothing"),
      ("file: ~/granary.log", "n.yaml:2:14: log.file: expected a path, found '~/granary.log'; ~ is not expanded"),
      ("path: a", "n.yaml:2:8: log: unknown key 'path'"),
    ])
  func problem(_ text: String, _ expected: String) {
    let found = problems(Self.listen + "log: { \(text) }\n")
    #expect(found.count == 1 && found.first?.hasPrefix(expected) == true, "\(found)")
  }
}
