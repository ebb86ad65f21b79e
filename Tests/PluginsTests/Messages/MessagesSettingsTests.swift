import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct MessagesSettingsTests {
  private func problems(_ settings: LiteralValue) -> [SettingsProblem] {
    do {
      _ = try MessagesRig.plugin(settings)
      return []
    } catch let problems as SettingsProblems {
      return problems.problems
    } catch let problem as SettingsProblem {
      return [problem]
    } catch {
      return [SettingsProblem("\(error)")]
    }
  }

  private func problem(_ custom: [String: LiteralValue]) -> SettingsProblem? {
    problems([.mapping(custom.merging(["name": "corp_hello", "from": ["10.0.0.0/8"]]) { first, _ in first })]).first
  }

  @Test func aListIsOfDeclaredMessages() throws {
    let plugin = try MessagesRig.plugin([
      [
        "name": "corp_hello", "send": "handshake", "body": ["v": 1], "from": ["10.0.0.0/8", "fleet/dns:build-*.corp"], "max-size": "1 KiB",
      ],
      ["name": "corp_beat", "send": [["interval": "5m"], ["event": "finished"]], "body": ["v": 1]],
    ])
    // Nobody may send the second: it is not offered.
    #expect(plugin.extendedMessages == [ExtendedMessage(name: "corp_hello", maximumSize: 1_024)])
    #expect(plugin.guards.isEmpty)
    #expect(plugin.warnings.isEmpty)
  }

  @Test func aMappingHasTheBuiltInOnesToo() throws {
    let plugin = try MessagesRig.plugin([
      "custom": [["name": "corp_hello", "from": ["10.0.0.1"]]],
      "notices": ["key": "notice.key", "trusted": [.text(MessagesRig.publicKey)]], "have": ["from": ["10.0.0.0/8"]],
    ])
    #expect(plugin.extendedMessages.map(\.name) == ["corp_hello", "gr_notice", "gr_have"])
    #expect(plugin.issuesNotices)
  }

  @Test func whoTakesNothingOffersNothing() throws {
    let plugin = try MessagesRig.plugin(["custom": [["name": "corp_x"]], "notices": [:], "have": [:]])
    #expect(plugin.extendedMessages.isEmpty)
    #expect(!plugin.issuesNotices)
    #expect(plugin.warnings.count == 3)
  }

  @Test(arguments: ["", "Corp", "corp hello", "ut_pex", "lt_donthave", "gr_notice", "upload_only", "ü", "a.b"])
  func namesThatCannotBe(name: String) {
    let found = problem(["name": .text(name)])
    #expect(found?.message.hasPrefix("custom[0].name: ") == true)
    #expect(found?.place == "$[0].name")
  }

  @Test func aNameMayBeDeclaredOnce() {
    let found = problems([["name": "corp_a", "from": ["10.0.0.1"]], ["name": "corp_a", "from": ["10.0.0.1"]]])
    #expect(found.map(\.place) == ["$[1].name"])
  }

  @Test(arguments: [
    ("send", "sometimes", "$[0].send"), ("rate", "often", "$[0].rate"), ("rate", "0/1m", "$[0].rate"),
    ("rate", "5/500ms", "$[0].rate"), ("send-rate", "5/2d", "$[0].send-rate"), ("reply-rate", "-1/1m", "$[0].reply-rate"),
    ("max-size", "1 GiB", "$[0].max-size"), ("max-size", "0", "$[0].max-size"),
  ])
  func valuesThatCannotBe(key: String, value: String, place: String) {
    let found = problem([key: .text(value), "body": ["v": 1]])
    #expect(found?.place == place)
    #expect(found?.message.contains(key) == true)
  }

  @Test func occasionsThatCannotBe() {
    for (value, place) in [
      (["event": "disconnect"], "$[0].send"), (["interval": "1ms"], "$[0].send"), (["interval": "5m", "event": "finished"], "$[0].send"),
      (["handshake", [:]], "$[0].send[1]"),
    ] as [(LiteralValue, String)] {
      #expect(problem(["send": value, "body": ["v": 1]])?.place == place)
    }
  }

  @Test func partsThatNeedEachOther() {
    #expect(problem(["send": "handshake"])?.message == "custom[0].send: there is no 'body' to send")
    #expect(problem(["body": ["v": 1]])?.place == "$[0].body")
    #expect(problem(["from": [], "reply": ["v": 1]])?.message.contains("'from' is empty") == true)
    #expect(problem(["reply": "text"])?.message == "custom[0].reply: a message is a mapping")
    let deep: LiteralValue = ["a": ["a": ["a": ["a": ["a": ["a": ["a": ["a": ["a": 1]]]]]]]]]
    #expect(problem(["reply": deep])?.place == "$[0].reply")
  }

  @Test func everyProblemIsNamedAtOnce() {
    let found = problems([
      "custom": [["name": "UP", "rate": "x", "from": ["nowhere", "10.0.0.1/8", "fleet/what:x"]]],
      "notices": ["trusted": ["abc", ["public": "zz", "id": "ops"]]], "have": ["from": ["::/200"], "rate": "1"],
    ])
    #expect(
      found.compactMap(\.place) == [
        "$.custom[0].from[0]", "$.custom[0].from[1]", "$.custom[0].from[2]", "$.custom[0].name", "$.custom[0].rate", "$.notices.trusted[0]",
        "$.notices.trusted[1].public", "$.have.from[0]", "$.have.rate",
      ])
  }

  @Test func theKeysFileMustBeThereAndHaveAKey() {
    #expect(!problems(["notices": ["key": "nowhere.key"]]).isEmpty)
    let world = MessagesRig.World(documents: LiteralDocuments(["/etc/notice.key": ["keys": []]]))
    #expect(throws: SettingsProblems.self) { try MessagesRig.plugin(["notices": ["key": "notice.key"]], world) }
  }
}
