import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct GatePluginTests {
  private func gate(_ settings: LiteralValue) throws -> GatePlugin {
    try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: PolicyFixtures.services())
  }

  private func gate(rules: LiteralValue...) throws -> GatePlugin { try gate(["on_request": .list(rules)]) }

  private func judge(
    _ gate: GatePlugin, _ operation: Operation = .request, peer: String = "10.1.2.3",
    about artifact: ArtifactFacts = PolicyFixtures.artifact(),
    at now: WallTime = PolicyFixtures.noon
  ) throws -> Verdict {
    try gate.judge(operation, PolicyFixtures.peer(peer, artifact: artifact, now: now))
  }

  // MARK: Who, and which artifact

  @Test func ruleWithoutFieldsAllowsEverybodyEverything() throws {
    let gate = try gate(rules: [:])
    #expect(
      try judge(gate) == .allow("allowed by gate.on_request[0]", rule: "on_request[0]", place: "$.on_request[0]", scope: .everything))
    #expect(gate.guards == [.request, .metadata])
    #expect(gate.warnings.isEmpty)
  }

  @Test func whatNoRuleCoversIsDenied() throws {
    #expect(try judge(gate(rules: ["peers": ["192.0.2.0/24"]])) == .unmatched("no rule of gate.on_request matches"))
  }

  @Test func emptyListsAllowNobodyAndAreWarnedOf() throws {
    let gate = try gate(["on_request": [], "metadata": [["peers": []], ["artifacts": []], ["when": ["days": []]]]])
    #expect(try judge(gate) == .unmatched("no rule of gate.on_request matches"))
    #expect(try !judge(gate, .metadata).isAllowed)
    #expect(
      gate.warnings == [
        "gate.on_request is empty: it allows nobody", "gate.metadata[0].peers is empty: the rule never applies",
        "gate.metadata[1].artifacts is empty: the rule never applies", "gate.metadata[2].when.days is empty: the rule never applies",
      ])
    #expect(
      try self.gate(rules: ["files": []], ["pieces": []]).warnings == [
        "gate.on_request[0].files is empty: the rule never applies", "gate.on_request[1].pieces is empty: the rule never applies",
      ])
  }

  @Test(arguments: [
    ("10.1.2.3", "app-1.0", true), ("10.2.2.3", "app-1.0", false), ("fd00::1", "app-1.0", true), ("10.1.2.3", "lib-1.0", true),
    ("10.1.2.3", "other", false),
  ])
  func fieldsAreJoinedByAndItemsByOr(peer: String, name: String, isAllowed: Bool) throws {
    let gate = try gate(rules: ["peers": ["10.1.0.0/16", "fd00::/8"], "artifacts": ["app-*", "lib-*"]])
    #expect(try judge(gate, peer: peer, about: PolicyFixtures.artifact(name)).isAllowed == isAllowed)
  }

  @Test(arguments: [
    ("abababab", true), ("ABABABAB", true), ("abababababababababababababababababababab", true), ("abababac", false), ("ababab", false),
    ("cdcdcdcd", true), ("label:channel=stable", true), ("label:channel=st*", true), ("label:chan*=*", true), ("label:channel=beta", false),
    ("label:team=infra/*", true), ("label:owner=*", false), ("ABABABAB*", false), ("app-1.?", true),
  ])
  func artifactsAreNamedByNameInfoHashOrLabel(pattern: String, isMatch: Bool) throws {
    let v2 = try #require(SHA256Digest([UInt8](repeating: 0xCD, count: 32)))
    let infoHash = try #require(InfoHash(v1: PolicyFixtures.infoHash().v1, v2: v2))
    let artifact = PolicyFixtures.artifact(infoHash: infoHash, labels: ["channel": "stable", "team": "infra/net"])
    #expect(try judge(gate(rules: ["artifacts": [.text(pattern)]]), about: artifact).isAllowed == isMatch)
  }

  @Test func nameThatLooksLikeAnInfoHashIsANameToo() throws {
    #expect(try judge(gate(rules: ["artifacts": ["deadbeef"]]), about: PolicyFixtures.artifact("deadbeef")).isAllowed)
  }

  @Test func questionsAboutNothingAreDenied() throws {
    let gate = try gate(rules: [:])
    #expect(try !gate.judge(.request, PolicyFixtures.peer()).isAllowed)
    #expect(try !judge(gate, .connect).isAllowed)
  }

  // MARK: The order of rules

  @Test func firstRuleThatCoversAByteDecidesIt() throws {
    let gate = try gate(rules: ["answer": "deny", "files": ["secret/**"], "reason": "keys stay here", "by": "anna"], [:])
    // readme.txt has bytes 0-39, secret/key 40-63; pieces are 16 bytes long.
    let verdict = try judge(gate)
    #expect(verdict.isAllowed)
    #expect(verdict.reason == "allowed in part by gate.on_request[1]")
    guard case .part(let part) = verdict.scope else {
      Issue.record("the whole artifact was granted")
      return
    }
    let layout = PolicyFixtures.artifact().layout
    #expect(Array(part.wholePieces.pieces) == [0, 1])
    #expect(part.contains(Block(piece: 2, offset: 0, length: 8), in: layout))
    #expect(!part.contains(Block(piece: 2, offset: 0, length: 9), in: layout))
    #expect(!part.contains(Block(piece: 3, offset: 0, length: 1), in: layout))
  }

  @Test func denialNamesTheRuleThatExplainsIt() throws {
    let gate = try gate(rules: ["answer": "deny", "peers": ["10.1.0.0/16"], "reason": "moved to depot-02", "by": "anna"], [:])
    #expect(
      try judge(gate)
        == .deny("denied by gate.on_request[0]: moved to depot-02 (anna)", rule: "on_request[0]", place: "$.on_request[0]"))
    #expect(try judge(gate, peer: "10.2.0.1").isAllowed)
  }

  @Test func laterDenialTakesNothingFromAnEarlierAllowance() throws {
    #expect(try judge(gate(rules: [:], ["answer": "deny", "files": ["secret/**"]])).scope == .everything)
  }

  @Test func partsThatTogetherAreAllAreEverything() throws {
    let verdict = try judge(gate(rules: ["files": ["readme.txt"]], ["pieces": ["2-3"], "files": ["secret/*"]]))
    #expect(verdict.scope == .everything)
    #expect(verdict.rule == "on_request[0]")
  }

  @Test func partThatHoldsNothingIsADenial() throws {
    #expect(try judge(gate(rules: ["files": ["nothing"]])) == .deny("no rule of gate.on_request matches"))
    // The file has no byte in that piece.
    #expect(try !judge(gate(rules: ["files": ["secret/*"], "pieces": [0]])).isAllowed)
  }

  @Test func piecesAndFilesOfOneRuleAreTheirIntersection() throws {
    let verdict = try judge(gate(rules: ["files": ["readme.txt"], "pieces": ["0-1", 3]]))
    guard case .part(let part) = verdict.scope else {
      Issue.record("the whole artifact was granted")
      return
    }
    let layout = PolicyFixtures.artifact().layout
    #expect(Array(part.wholePieces.pieces) == [0, 1])
    #expect(!part.contains(Block(piece: 2, offset: 0, length: 8), in: layout))
  }

  @Test func emptyFilesCountForTheWhole() throws {
    let layout = PolicyFixtures.layout(["data": 32, "secret/flag": 0])
    let artifact = PolicyFixtures.artifact(infoHash: PolicyFixtures.infoHash(1), layout: layout)
    let gate = try gate(rules: ["answer": "deny", "files": ["secret/**"]], [:])
    let verdict = try judge(gate, about: artifact)
    #expect(verdict.isAllowed && verdict.scope != .everything)
    #expect(try !judge(gate, .metadata, about: artifact).isAllowed, "the name of a file is kept back, be it empty")
  }

  @Test func artifactWithoutAByteIsGrantedByRulesThatNameItsFiles() throws {
    let artifact = PolicyFixtures.artifact(infoHash: PolicyFixtures.infoHash(2), layout: PolicyFixtures.layout(["a": 0, "b": 0]))
    #expect(try judge(gate(rules: ["files": ["*"]]), about: artifact).scope == .everything)
    #expect(try !judge(gate(rules: ["files": ["a"]]), about: artifact).isAllowed)
  }

  // MARK: Metadata

  @Test func metadataFollowsTheWholeArtifact() throws {
    #expect(try judge(gate(rules: [:]), .metadata).isAllowed)
    #expect(
      try judge(gate(rules: ["files": ["readme.txt"]]), .metadata)
        == .deny(
          "gate.on_request allows a part only, and the metadata names every file", rule: "on_request[0]", place: "$.on_request[0]"))
    #expect(try judge(gate(rules: ["peers": []]), .metadata) == .unmatched("no rule of gate.on_request matches"))
  }

  @Test func rulesForMetadataDecideWhereThereAreAny() throws {
    let gate = try gate(["on_request": [["files": ["readme.txt"]]], "metadata": [["peers": ["10.1.0.0/16"], "reason": "depots"]]])
    #expect(
      try judge(gate, .metadata) == .allow("allowed by gate.metadata[0]: depots", rule: "metadata[0]", place: "$.metadata[0]"))
    #expect(try judge(gate, .metadata, peer: "10.2.0.1") == .unmatched("no rule of gate.metadata matches"))
  }

  // MARK: Time

  @Test func answerHoldsUntilTheNextChangeOfARuleThatConcernsThePeer() throws {
    let gate = try gate(
      rules: ["peers": ["192.0.2.1"], "until": "2026-11-23T12:30:00Z"],
      ["when": ["from": "08:00", "to": "14:00"], "until": "2026-11-23T13:00:00Z"],
      ["answer": "deny", "until": "2027-01-01"])
    let verdict = try judge(gate)
    #expect(verdict.isAllowed)
    #expect(
      verdict.validUntil == Moment("2026-11-23T13:00:00Z")?.time, "the first rule is about somebody else, the third about what is left")
    #expect(try judge(gate, at: #require(verdict.validUntil)).reason == "denied by gate.on_request[2]")
  }

  @Test func denialOutsideHoursSaysSoAndWhenTheyBegin() throws {
    let gate = try gate(rules: ["when": ["from": "22:00", "to": "06:00"]], ["until": "2026-11-01"])
    #expect(
      try judge(gate)
        == .deny(
          "no rule of gate.on_request matches: on_request[0] is outside its hours, on_request[1] ended 2026-11-02T00:00:00Z",
          validUntil: Moment("2026-11-23T22:00:00Z")?.time))
  }

  // MARK: Settings

  @Test func everyProblemIsNamedWithItsPlace() throws {
    let settings: LiteralValue = [
      "on_request": [
        ["answer": "maybe", "peers": ["10.1.2.3/16", "all"]],
        ["artifacts": ["", "label:x", "label:x=", "label:=y"], "files": ["/etc", "a/"], "pieces": ["9-1", "x", -1, "1-2-3", ""]],
        ["when": ["from": "25:00"], "until": "never"],
      ],
      "metadata": [["files": ["a"]], [:]],
    ]
    let problems = #expect(throws: SettingsProblems.self) { try gate(settings) }?.problems.map(\.description) ?? []
    let neither = { (text: String) in "'\(text)' is neither a piece such as 120 nor a range such as 0-99" }
    #expect(
      problems == [
        "$.on_request[0].answer: on_request[0].answer: 'maybe' is none of allow, deny, postpone, limit, shadow",
        "$.on_request[0].peers[0]: on_request[0].peers[0]: "
          + "'10.1.2.3/16' has bits set beyond its prefix: write 10.1.0.0/16, or 10.1.2.3 for one address",
        "$.on_request[0].peers[1]: on_request[0].peers[1]: 'all' is not an address or a network such as 10.20.0.0/16 or fd00::/8",
        "$.on_request[1].artifacts[0]: on_request[1].artifacts[0]: the pattern is empty",
        "$.on_request[1].artifacts[1]: on_request[1].artifacts[1]: a label is written label:KEY=VALUE",
        "$.on_request[1].artifacts[2]: on_request[1].artifacts[2]: the label's value is empty: write label:x=* for any value",
        "$.on_request[1].artifacts[3]: on_request[1].artifacts[3]: the pattern is empty",
        "$.on_request[1].files[0]: on_request[1].files[0]: paths are relative: write 'etc'",
        "$.on_request[1].files[1]: on_request[1].files[1]: 'a/' ends with a slash: write 'a/**' for all that lies below",
        "$.on_request[1].pieces[0]: on_request[1].pieces[0]: \(neither("9-1"))",
        "$.on_request[1].pieces[1]: on_request[1].pieces[1]: \(neither("x"))",
        "$.on_request[1].pieces[2]: on_request[1].pieces[2]: \(neither("-1"))",
        "$.on_request[1].pieces[3]: on_request[1].pieces[3]: \(neither("1-2-3"))",
        "$.on_request[1].pieces[4]: on_request[1].pieces[4]: \(neither(""))",
        "$.on_request[2].when.from: on_request[2].when: '25:00' is not a time of day such as 22:00",
        "$.on_request[2].until: on_request[2].until: 'never' is not a moment such as 2027-01-31 or 2027-01-31T18:00:00Z",
        "$.metadata[0]: metadata[0]: metadata is given as a whole: files and pieces have no meaning here",
      ])
  }

  @Test(
    arguments: [
      (["on_request": [:]], "$.on_request: expected a list, found a mapping"),
      (["on_request": ["all"]], "$.on_request[0]: expected a mapping, found text"),
      (["on_request": [["peer": []]]], "$.on_request[0]: unknown key 'peer'"),
      (["on_request": [], "default": "allow"], "$: unknown key 'default'"),
      (["on_request": [["pieces": [true]]]], "$.on_request[0].pieces[0]: expected text, found true or false"),
      (["on_request": [["when": ["day": []]]]], "$.on_request[0].when: unknown key 'day'"),
    ] as [(LiteralValue, String)])
  func settingsOfAnotherShapeAreRefused(settings: LiteralValue, message: String) {
    let problem = #expect(throws: LiteralProblem.self) { try gate(settings) }
    #expect(problem?.description == message)
  }

  @Test func pieceRangesAreMergedAndSearched() {
    let ranges = PieceRanges([5...9, 0...1, 2...3, 8...12, 20...20])
    #expect(ranges.ranges == [0...3, 5...12, 20...20])
    for piece in -1...22 { #expect(ranges.contains(piece) == [0...3, 5...12, 20...20].contains { $0.contains(piece) }) }
    #expect(PieceRanges.parse("0-4294967295") == 0...4_294_967_295)
    #expect(PieceRanges.parse("4294967296") == nil)
  }
}
