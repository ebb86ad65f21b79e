import Foundation
import Settings
import Testing

struct SampleTests {
  private func sample(_ name: String) throws -> NodeSettings {
    try NodeSettings.load(path: configFolder + "/" + name, environment: SettingsEnvironment(hostName: "here"))
  }

  @Test("Every sample in config/ is accepted")
  func accepted() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: configFolder).filter { $0.hasSuffix(".yaml") }
    #expect(Set(names).isSuperset(of: ["tiny.yaml", "granary.yaml", "office-hours.yaml"]))
    for name in names { _ = try sample(name) }
  }

  @Test("The tiny sample listens on loopback only")
  func tiny() throws {
    let settings = try sample("tiny.yaml")
    #expect(!settings.listensBeyondLoopback)
    #expect(settings.artifacts.roots == [configFolder + "/artifacts"])
    #expect(settings.pipeline.map(\.name) == ["metadata"])
  }

  @Test("The commented sample shows every key of the table, and its values are the defaults")
  func commented() throws {
    let settings = try sample("granary.yaml")
    #expect(settings.limits == Limits())
    #expect(settings.scrub == Scrub())
    #expect(settings.node.state == configFolder + "/state")
    #expect(settings.trackers.isEmpty && settings.peers.isEmpty && settings.origins.isEmpty && !settings.isOpen)
    let text = try String(contentsOfFile: configFolder + "/granary.yaml", encoding: .utf8)
    for key in ReloadableKeys.all {
      let last = try #require(key.path.split(separator: ".").last)
      #expect(text.split(separator: "\n").contains { $0.drop { $0 == " " || $0 == "#" }.hasPrefix(last + ":") }, "\(key.path)")
    }
  }

  @Test("What the commented sample shows in comments is accepted too")
  func comments() throws {
    let text = try String(contentsOfFile: configFolder + "/granary.yaml", encoding: .utf8)
    // Commented YAML begins with a key or a dash; the empty values that it replaces go.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).compactMap { line -> String? in
      if ["trackers: []", "peers: []", "origins: []", "tls: {}"].contains(line) { return nil }
      if let match = line.firstMatch(of: /^( *)# ((?:trackers|peers|origins|name|tls):.*|( *)- .*|    artifacts: .*)$/) {
        return String(match.1 + match.2)
      }
      let tls = /^( *)# ( +(?:tls|fleet|ssl-torrent|certificate|key|trust|revoked|minimum):.*)$/
      return line.firstMatch(of: tls).map { String($0.1 + $0.2) } ?? line
    }
    let settings = try load(lines.joined(separator: "\n"))
    #expect(settings.node.name == "depot-01")
    #expect(settings.listen.count == 2)
    #expect(settings.trackers.count == 2)
    #expect(settings.peers.count == 2)
    #expect(settings.origins.count == 1)
    #expect(settings.listen.map(\.security) == [.plain, .entry("fleet")])
    #expect(settings.tls.entries.map(\.name) == ["fleet"] && settings.tls.sslTorrents.count == 1)
  }

  @Test("The sample list of addresses has an address or a network on each line that is not a comment")
  func allowList() throws {
    let text = try String(contentsOfFile: configFolder + "/allow.txt", encoding: .utf8)
    let lines = text.split(separator: "\n").map { $0.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    #expect(lines.count == 3)
  }
}
