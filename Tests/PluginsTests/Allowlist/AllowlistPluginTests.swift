import Foundation
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct AllowlistPluginTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory("allowlist") }

  private func plugin(_ settings: LiteralValue) throws -> AllowlistPlugin {
    try AllowlistPlugin(
      settings: LiteralSettings(settings).decode(AllowlistSettings.self), services: PolicyFixtures.services(folder: folder.path))
  }

  private func judge(_ plugin: AllowlistPlugin, _ address: String) throws -> Verdict {
    try plugin.judge(.connect, PolicyFixtures.peer(address))
  }

  private func problems(_ settings: LiteralValue) -> [String] {
    #expect(throws: SettingsProblems.self) { try plugin(settings) }?.problems.map(\.description) ?? []
  }

  @Test func addressesInTheListMayConnectAndOthersMayNot() throws {
    let plugin = try plugin(["addresses": ["127.0.0.0/8", "10.20.0.0/16", "fd00::/8", "192.0.2.7"]])
    for address in ["127.0.0.1", "10.20.255.1", "fd12::1", "192.0.2.7", "::ffff:10.20.0.1"] {
      #expect(try judge(plugin, address).isAllowed, "\(address)")
    }
    for address in ["10.21.0.1", "fe80::1", "192.0.2.8", "::1"] {
      #expect(try judge(plugin, address) == .deny("\(address) is not in the allowlist"))
    }
    #expect(plugin.guards == [.connect])
    #expect(plugin.warnings.isEmpty)
  }

  @Test func verdictNamesTheFirstEntryThatHoldsTheAddress() throws {
    let plugin = try plugin(["addresses": ["192.0.2.0/24", "10.0.0.0/8", "10.1.0.0/16"]])
    #expect(
      try judge(plugin, "10.1.2.3") == .allow("10.1.2.3 is in 10.0.0.0/8", rule: "addresses[1]", place: "$.addresses[1]"))
  }

  @Test(arguments: [[:], ["addresses": []], ["addresses": nil]] as [LiteralValue])
  func emptyListAllowsNobody(settings: LiteralValue) throws {
    let plugin = try plugin(settings)
    #expect(try judge(plugin, "127.0.0.1") == .deny("the allowlist is empty: it allows nobody"))
    #expect(plugin.warnings == ["the allowlist is empty: nobody may connect"])
  }

  @Test func entriesCanHaveReasonAuthorAndEnd() throws {
    let plugin = try plugin([
      "addresses": [
        ["address": "10.1.0.0/16", "reason": "depots", "by": "anna", "until": "2026-11-23T12:00:01Z"],
        ["address": "10.2.0.0/16", "until": "2026-11-23T12:00:00Z"],
        "10.2.3.0/24",
      ]
    ])
    #expect(
      try judge(plugin, "10.1.2.3")
        == .allow(
          "10.1.2.3 is in 10.1.0.0/16: depots (anna)", rule: "addresses[0]", place: "$.addresses[0]",
          validUntil: WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 1_000_000_000)))
    #expect(
      try judge(plugin, "10.2.2.3")
        == .deny("10.2.2.3 is in 10.2.0.0/16, but that entry ended 2026-11-23T12:00:00Z", rule: "addresses[1]", place: "$.addresses[1]"))
    #expect(try judge(plugin, "10.2.3.4").rule == "addresses[2]", "an entry that still holds counts behind one that ended")
  }

  @Test func fileAddsItsLines() throws {
    let text = "# depots\n\n10.1.0.0/16 # Hamburg \n  fd00::1\t\r\n10.1.2.0/24#\n"
    let path = try folder.write(text.utf8, to: "allow.txt")
    let plugin = try plugin(["addresses": ["192.0.2.1"], "file": "allow.txt"])
    #expect(try judge(plugin, "10.1.2.3") == .allow("10.1.2.3 is in 10.1.0.0/16: Hamburg", rule: "file:3", place: "\(path):3"))
    #expect(try judge(plugin, "fd00::1").rule == "file:4")
    #expect(try judge(plugin, "192.0.2.1").rule == "addresses[0]")
    #expect(try !judge(plugin, "10.2.0.1").isAllowed)
  }

  @Test func fileOfThousandsOfLinesIsSearchedQuickly() throws {
    let lines = (0..<20_000).map { "10.\($0 / 256 % 256).\($0 % 256).0/24" } + (0..<5_000).map { "fd00:\(String($0, radix: 16))::/32" }
    try folder.write(lines.joined(separator: "\n").utf8, to: "allow.txt")
    let plugin = try plugin(["file": .text(folder.path("allow.txt"))])
    #expect(try judge(plugin, "10.78.31.9").rule == "file:20000")
    #expect(try judge(plugin, "10.78.32.9").isAllowed == false)
    #expect(try judge(plugin, "fd00:1387::9").rule == "file:25000")
  }

  @Test func everyBadEntryIsNamedWithItsPlace() throws {
    let path = try folder.write("10.0.0.0/8\nnobody\n10.1.2.3/16 # slip\n".utf8 + [0xFF, 0x0A], to: "allow.txt")
    let settings: LiteralValue = [
      "addresses": ["10.1.2.3/16", "10.0.0.0/33", ["address": "fe80::1%eth0"], ["address": "10.0.0.1", "until": "soon"], "10.0.0.2"],
      "file": "allow.txt",
    ]
    let neither = "is not an address or a network such as 10.20.0.0/16 or fd00::/8"
    let slip = "'10.1.2.3/16' has bits set beyond its prefix: write 10.1.0.0/16, or 10.1.2.3 for one address"
    #expect(
      problems(settings) == [
        "$.addresses[0]: addresses[0]: \(slip)",
        "$.addresses[1]: addresses[1]: '10.0.0.0/33' \(neither)",
        "$.addresses[2]: addresses[2]: 'fe80::1%eth0' names an interface; a list knows addresses and networks only",
        "$.addresses[3].until: addresses[3]: until: 'soon' is not a moment such as 2027-01-31 or 2027-01-31T18:00:00Z",
        "\(path):2: file: 'nobody' \(neither)",
        "\(path):3: file: \(slip)",
        "\(path):4: file: the line is not UTF-8",
      ])
  }

  @Test func fileThatIsMissingOrNoFileStopsTheStart() {
    #expect(
      problems(["file": "missing.txt"]) == ["$.file: file: cannot open \(folder.path)/missing.txt: No such file or directory"])
    #expect(problems(["addresses": ["10.0.0.1"], "file": .text(folder.path)]) == ["$.file: file: \(folder.path) is not a regular file"])
  }

  private func judge(_ plugin: AllowlistPlugin, _ address: String, _ names: [String], _ link: PeerLink = .plain) throws -> Verdict {
    var facts = PolicyFixtures.peer(address)
    (facts.identities, facts.link) = (names.map { Identity(trust: "fleet", name: $0) }, link)
    return try plugin.judge(.connect, facts)
  }

  @Test func identitiesInTheListMayConnectFromAnywhere() throws {
    let plugin = try plugin(["identities": ["fleet/dns:build-*.corp", ["identity": "fleet/cn:depot", "reason": "the depot"]]])
    #expect(
      try judge(plugin, "192.0.2.1", ["dns:x.corp", "cn:depot"])
        == .allow("fleet/cn:depot is fleet/cn:depot: the depot", rule: "identities[1]", place: "$.identities[1]"))
    #expect(try judge(plugin, "192.0.2.1", ["dns:x.corp"]) == .unmatched("not in the allowlist: fleet/dns:x.corp"))
    #expect(try judge(plugin, "192.0.2.1", []) == .deny("the link proves no identity, and the allowlist wants one"))
    #expect(plugin.warnings.isEmpty)
  }

  @Test func onlyAnIdentityThatNoEntryIsAboutIsUnmatched() throws {
    let plugin = try plugin([
      "addresses": ["10.0.0.0/8"], "identities": ["fleet/cn:a", ["identity": "fleet/cn:old", "until": "2026-11-23T12:00:00Z"]],
    ])
    #expect(try judge(plugin, "10.1.2.3", ["cn:b"]).isUnmatched)
    #expect(try judge(self.plugin(["identities": []]), "10.1.2.3", ["cn:b"]).isUnmatched)
    // An entry that has ended is about it; an address is nobody; and who is at an address that is not listed is not asked who he is.
    for (address, names) in [("10.1.2.3", ["cn:old"]), ("10.1.2.3", []), ("192.0.2.1", ["cn:b"]), ("192.0.2.1", ["cn:a"])] {
      let verdict = try judge(plugin, address, names)
      #expect(!verdict.isAllowed && !verdict.isUnmatched, "\(address) \(names)")
    }
  }

  @Test func addressAndIdentityMustBothBeListedWhereBothAre() throws {
    let plugin = try plugin(["addresses": ["10.0.0.0/8"], "identities": ["fleet/cn:*"]])
    #expect(try judge(plugin, "10.1.2.3", ["cn:a"]).rule == "identities[0]")
    #expect(try judge(plugin, "192.0.2.1", ["cn:a"]) == .deny("192.0.2.1 is not in the allowlist"))
    #expect(try !judge(plugin, "10.1.2.3", ["dns:a"]).isAllowed)
  }

  @Test func beforeTheLinkStandsTheAddressAloneDecides() throws {
    let plugin = try plugin(["addresses": ["10.0.0.0/8"], "identities": ["fleet/cn:*"]])
    #expect(try judge(plugin, "10.1.2.3", [], .securing).rule == "addresses[0]")
    #expect(try !judge(plugin, "192.0.2.1", [], .securing).isAllowed)
    let anywhere = try self.plugin(["identities": ["fleet/cn:*"]])
    #expect(try judge(anywhere, "192.0.2.1", [], .securing) == .allow("its identity is not known yet"))
  }

  @Test(arguments: [["identities": []], ["identities": nil], ["addresses": ["10.0.0.0/8"], "identities": []]] as [LiteralValue])
  func emptyListOfIdentitiesAllowsNobody(settings: LiteralValue) throws {
    let plugin = try plugin(settings)
    #expect(try !judge(plugin, "10.1.2.3", ["cn:a"]).isAllowed)
    #expect(plugin.warnings == ["the allowlist is empty: nobody may connect"])
  }

  @Test func identitiesEndToo() throws {
    let plugin = try plugin(["identities": [["identity": "fleet/cn:a", "until": "2026-11-23T12:00:00Z"]]])
    #expect(
      try judge(plugin, "10.1.2.3", ["cn:a"]).reason == "fleet/cn:a is fleet/cn:a, but that entry ended 2026-11-23T12:00:00Z")
  }

  @Test func badIdentitiesAreNamed() {
    #expect(
      problems(["identities": ["fleet/uri:x"]]).first?.hasPrefix("$.identities[0]: identities[0]: 'fleet/uri:x' is of no kind") == true)
  }

  @Test(
    arguments: [
      (["adresses": []], "$: unknown key 'adresses'"), (["addresses": "10.0.0.1"], "$.addresses: expected a list, found text"),
      (["addresses": [10]], "$.addresses[0]: expected a mapping, found a number"),
      (["addresses": [["reason": "x"]]], "$.addresses[0]: 'address' is missing"),
      (["addresses": [["address": "10.0.0.1", "unti": "x"]]], "$.addresses[0]: unknown key 'unti'"),
      (["file": 1], "$.file: expected text, found a number"),
    ] as [(LiteralValue, String)])
  func settingsOfAnotherShapeAreRefused(settings: LiteralValue, message: String) {
    let problem = #expect(throws: LiteralProblem.self) { try plugin(settings) }
    #expect(problem?.description == message)
  }

  @Test func keysAndTokensAreProvenAfterTheHandshakes() throws {
    let plugin = try plugin(["identities": ["auth/key:edge-*"]])
    var facts = PolicyFixtures.peer()
    #expect(try plugin.judge(.connect, facts) == .allow("its identity is not known yet"))
    facts.peerID = PeerID([UInt8](repeating: 1, count: 20))
    #expect(try plugin.judge(.connect, facts) == .deny("the link proves no identity, and the allowlist wants one"))
    facts.identities = [Identity(trust: "auth", name: "key:edge-7")]
    #expect(try plugin.judge(.connect, facts).isAllowed)
  }

  @Test func anEmptiedFileKeepsItsEntriesOverAReload() throws {
    let (memory, counters) = (PluginMemory(), PluginCounters())
    func reloaded() throws -> AllowlistPlugin {
      let fixed = PolicyFixtures.services()
      let services = PluginServices(
        wallClock: fixed.wallClock, clock: fixed.clock, journal: fixed.journal, logger: fixed.logger, folder: folder.path,
        counters: counters, memory: memory)
      let settings: LiteralValue = ["file": "kept.txt"]
      return try AllowlistPlugin(settings: LiteralSettings(settings).decode(AllowlistSettings.self), services: services)
    }
    try folder.write(Array("10.1.0.0/16\n".utf8), to: "kept.txt")
    #expect(try reloaded().judge(.connect, PolicyFixtures.peer()).isAllowed)
    try folder.write(Array("# nobody\n\n".utf8), to: "kept.txt")
    let kept = try reloaded()
    #expect(try kept.judge(.connect, PolicyFixtures.peer()).isAllowed)
    #expect(kept.warnings == ["file: \(folder.path)/kept.txt has no entry: what it said before stays in force"])
    try FileManager.default.removeItem(atPath: folder.path + "/kept.txt")
    #expect(try reloaded().judge(.connect, PolicyFixtures.peer()).isAllowed)
    #expect(counters.snapshot == ["allowlist_files_kept": 2])
    try folder.write(Array("192.0.2.0/24\n".utf8), to: "kept.txt")
    #expect(try !reloaded().judge(.connect, PolicyFixtures.peer()).isAllowed)
  }
}
