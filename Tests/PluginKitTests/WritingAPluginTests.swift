import Foundation
import NIOEmbedded
import TestSupport
import Testing

@testable import PluginKit

struct WritingAPluginTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func lines(_ path: String) throws -> [Substring] {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The regions between `// snippet: NAME` and `// end`.
  private static func snippets() throws -> [String] {
    try lines("Tests/PluginKitTests/WritingAPlugin.swift").split { $0.hasPrefix("// snippet: ") }.dropFirst().map { region in
      region.prefix { $0 != "// end" }.joined(separator: "\n")
    }
  }

  /// An article's fenced blocks of Swift.
  private static func blocks(_ article: String = "WritingAPlugin") throws -> [String] {
    try lines("Sources/PluginKit/PluginKit.docc/\(article).md").split(omittingEmptySubsequences: false) { $0 == "```swift" }.dropFirst()
      .map { $0.prefix { $0 != "```" }.joined(separator: "\n") }
  }

  @Test func codeOfTheArticleIsCodeThatCompiles() throws {
    // A manifest and a program's entry are no part of a test target.
    let isOutside = { (block: String) in block.hasPrefix("// swift-tools-version") || block.hasPrefix("import GranaryNode") }
    let blocks = try Self.blocks()
    #expect(blocks.filter(isOutside).count == 2)
    #expect(try blocks.filter { !isOutside($0) } == Self.snippets())
    #expect(try Self.snippets().count == 3)
  }

  @Test func codeOfTheArticleOnTestsStandsInTheSample() throws {
    let sample = try Self.lines("config/plugin-sample/Tests/RolloutTests/RolloutTests.swift").joined(separator: "\n")
    let blocks = try Self.blocks("TestingAPlugin")
    #expect(blocks.count == 3)
    for block in blocks { #expect(sample.contains(block), "\(block)") }
  }

  @Test func everyHookStandsInTheTableOfHooks() throws {
    let names = try Self.lines("Sources/PluginKit/PluginKit.docc/Hooks.md").compactMap { line in
      line.hasPrefix("| `") ? line.split(separator: "`").dropFirst().first.map(String.init) : nil
    }
    #expect(names == Hook.allCases.map(\.rawValue))
  }

  // MARK: What the article promises

  @Test func artifactsOfASiteStayWithinItsNetwork() throws {
    let plugin = try SiteGuard(
      settings: LiteralSettings(["sites": ["hamburg": "10.1.0.0/16"]]).decode(SiteGuard.Settings.self), services: PolicyFixtures.services())
    func judge(_ peer: String, _ labels: [String: String]) throws -> String {
      let verdict = try plugin.judge(.request, PolicyFixtures.peer(peer, artifact: PolicyFixtures.artifact(labels: labels)))
      return "\(verdict.answer): \(verdict.reason)"
    }
    #expect(try judge("10.1.2.3", ["site": "hamburg"]) == "allow: 10.1.2.3 is in hamburg")
    #expect(try judge("10.2.2.3", ["site": "hamburg"]) == "deny: 10.2.2.3 is not in hamburg, which is 10.1.0.0/16")
    #expect(try judge("10.1.2.3", ["site": "bremen"]) == "deny: site bremen has no network")
    #expect(try judge("192.0.2.1", [:]) == "allow: the artifact belongs to no site")
  }

  @Test func badSettingsOfTheArticlesPluginsAreNamed() throws {
    let services = PolicyFixtures.services()
    let site = #expect(throws: SettingsProblem.self) {
      try SiteGuard(settings: LiteralSettings(["sites": ["x": "10.1.2.3/16"]]).decode(SiteGuard.Settings.self), services: services)
    }
    #expect(site?.description == "$.sites.x: '10.1.2.3/16' is not a network such as 10.1.0.0/16")
    let pace = #expect(throws: SettingsProblem.self) {
      try Pace(settings: LiteralSettings(["blocks_per_second": 0]).decode(Pace.Settings.self), services: services)
    }
    #expect(pace?.description == "$.blocks_per_second: blocks_per_second must be 1 to 1000000")
  }

  @Test func requestsAreSpacedOut() throws {
    let start = ContinuousClock.now
    let plugin = try Pace(
      settings: LiteralSettings(["blocks_per_second": 10]).decode(Pace.Settings.self), services: PolicyFixtures.services())
    let context = PolicyFixtures.context(on: EmbeddedEventLoop(), now: start)
    let peer = try #require(try plugin.newTorrent(context.artifact)?.newConnection(context))
    let block = Block(piece: 0, offset: 0, length: 16)
    #expect(try peer.onRequest(block) == .pass)
    #expect(try peer.onRequest(block) == .postpone(until: start + .milliseconds(100)))
    context.now = start + .milliseconds(100)
    #expect(try peer.onRequest(block) == .pass)
  }
}
