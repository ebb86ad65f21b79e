import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// What the gate grants against a model that asks the rules about one byte at a time.
struct GateScopeTests {
  private struct Rule {
    let answer: String
    let files: [Int]?
    let pieces: [ClosedRange<Int>]?

    static let patterns: [(text: String, holds: @Sendable (TorrentFile) -> Bool)] = [
      ("d0/**", { $0.path[0] == "d0" }), ("d1/*", { $0.path[0] == "d1" }), ("**/f2", { $0.path[1] == "f2" }),
      ("*/f3", { $0.path[1] == "f3" }),
      ("d?/f4", { $0.path[1] == "f4" }), ("d2/f5", { $0.path == ["d2", "f5"] }),
    ]

    static func random(_ generator: inout SeededGenerator) -> Rule {
      let files = (0..<Int.random(in: 0...3, using: &generator)).map { _ in Int.random(in: 0..<patterns.count, using: &generator) }
      let pieces = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
        let first = Int.random(in: 0...20, using: &generator)
        return first...first + Int.random(in: 0...9, using: &generator)
      }
      return Rule(
        answer: ["allow", "allow", "deny", "deny", "limit", "postpone", "shadow"][Int.random(in: 0..<7, using: &generator)],
        files: Bool.random(using: &generator) ? files : nil,
        pieces: Bool.random(using: &generator) ? pieces : nil)
    }

    var settings: LiteralValue {
      var settings: [String: LiteralValue] = ["answer": .text(answer)]
      if answer == "limit" { settings["rate"] = "1 MiB/s" }
      if answer == "postpone" { settings["for"] = "1h" }
      settings["files"] = files.map { .list($0.map { .text(Self.patterns[$0].text) }) }
      settings["pieces"] = pieces.map { .list($0.map { .text("\($0.lowerBound)-\($0.upperBound)") }) }
      return .mapping(settings)
    }

    /// Whether the rule covers the bytes of a file in a piece; nil asks about a file without a byte, which is in no piece.
    func covers(_ file: TorrentFile, piece: Int?) -> Bool {
      let holdsPiece = pieces.map { ranges in piece.map { piece in ranges.contains { $0.contains(piece) } } ?? false } ?? true
      return holdsPiece && (files?.contains { Self.patterns[$0].holds(file) } ?? true)
    }
  }

  private func allows(_ rules: [Rule], _ file: TorrentFile, piece: Int?) -> Bool {
    let rule = rules.first { $0.answer != "shadow" && $0.covers(file, piece: piece) }
    return rule.map { $0.answer != "deny" } ?? false
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func everyByteIsDecidedByTheFirstRuleThatCoversIt(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let model = ByteModel.random(&generator)
    let layout = model.layout
    let rules = (0..<Int.random(in: 0...5, using: &generator)).map { _ in Rule.random(&generator) }
    let settings = try LiteralSettings(["on_request": .list(rules.map(\.settings))]).decode(GateSettings.self)
    let gate = try GatePlugin(settings: settings, services: PolicyFixtures.services())
    let verdict = try gate.judge(.request, PolicyFixtures.peer(artifact: PolicyFixtures.artifact(layout: layout)))
    let grant = PolicyFixtures.grant(metadata: .deny("test"), request: verdict)

    func isGranted(_ block: Block) -> Bool? {
      model.content(of: block)?.allSatisfy { allows(rules, layout.files[$0], piece: Int(block.piece)) }
    }
    for block in model.blocks {
      guard let content = model.content(of: block), !content.isEmpty else { continue }
      #expect(grant.allows(block, in: layout) == isGranted(block), "\(block) of \(layout) by \(rules)")
    }
    let all = Bitfield(count: layout.pieceCount, filled: true)
    let withContent = all.pieces.filter { model.content(of: model.block(ofPiece: $0))?.isEmpty == false }
    for piece in withContent { #expect(grant.visible(all)[piece] == isGranted(model.block(ofPiece: piece))) }
    let emptyFiles = layout.files.filter { !$0.isPadding && $0.length == 0 }
    let isWhole =
      withContent.allSatisfy { isGranted(model.block(ofPiece: $0)) == true } && emptyFiles.allSatisfy { allows(rules, $0, piece: nil) }
    if verdict.scope == .everything, verdict.isAllowed, !withContent.isEmpty { #expect(isWhole) }
    if !isWhole { #expect(try !gate.judge(.metadata, PolicyFixtures.peer(artifact: PolicyFixtures.artifact(layout: layout))).isAllowed) }
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func aPeerOfOneFileIsNeverGivenAByteOfAnother(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let model = ByteModel.random(&generator)
    let layout = model.layout
    let granted = Int.random(in: layout.files.indices, using: &generator)
    // Others have everything; this peer has one file by a rule, whatever comes after and whatever is tried.
    let settings: LiteralValue = [
      "on_request": [
        ["peers": ["192.0.2.0/24"]], ["answer": "shadow", "files": ["d0/**"]],
        ["peers": ["10.0.0.0/8"], "files": [.text(layout.files[granted].displayPath)]],
        ["answer": "deny", "peers": ["10.0.0.0/8"]], [:],
      ]
    ]
    let gate = try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: PolicyFixtures.services())
    let pipeline = try Pipeline(plugins: [InstalledPlugin(name: "gate", plugin: gate, place: "here")], generation: 1)
    let grant = pipeline.grant(PolicyFixtures.peer(artifact: PolicyFixtures.artifact(layout: layout)))
    for block in model.blocks where grant.allows(block, in: layout) {
      // The session refuses blocks that are not within a piece.
      guard let content = model.content(of: block) else { continue }
      #expect(content.allSatisfy { $0 == granted }, "\(block) of \(layout): \(granted)")
    }
    let all = Bitfield(count: layout.pieceCount, filled: true)
    for piece in grant.visible(all).pieces {
      #expect(model.content(of: model.block(ofPiece: piece))?.allSatisfy { $0 == granted } == true)
    }
  }

  @Test func peersOfTheSameRulesShareOneResolution() throws {
    let settings = try LiteralSettings(["on_request": [["peers": ["10.0.0.0/8"], "files": ["readme.txt"]]]]).decode(GateSettings.self)
    let gate = try GatePlugin(settings: settings, services: PolicyFixtures.services())
    let scopes = try ["10.0.0.1", "10.0.0.2"].map { peer in
      try gate.judge(.request, PolicyFixtures.peer(peer, artifact: PolicyFixtures.artifact())).scope
    }
    #expect(scopes[0] == scopes[1])
    let other = PolicyFixtures.artifact(infoHash: PolicyFixtures.infoHash(7), layout: PolicyFixtures.layout(["readme.txt": 5, "x": 5]))
    let scope = try gate.judge(.request, PolicyFixtures.peer("10.0.0.1", artifact: other)).scope
    #expect(scope != scopes[0])
  }
}
