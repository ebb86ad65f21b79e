import Control
import Foundation
import Inventory
import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import GranaryNode

struct WhyTreeTests {
  private let rig: PublishRig
  private let layout: PieceLayout
  private let database: InventoryDatabase

  init() throws {
    rig = try PublishRig()
    database = try InventoryDatabase.inMemory()
    let keeper = InventoryKeeper(database: database)
    let artifact = try keeper.keep(try rig.publish()).artifact
    layout = PaddedLayout(try keeper.torrent(of: artifact.id).torrent.layout).layout
  }

  private func pipeline(_ judge: @escaping @Sendable (PluginKit.Operation, PeerFacts) -> Verdict) throws -> Pipeline {
    func installed(_ name: String, _ guards: Set<PluginKit.Operation>) -> InstalledPlugin {
      var script = RecordingScript()
      script.guards = guards
      script.judge = judge
      return InstalledPlugin(name: name, plugin: RecordingPlugin(script: script), place: "f.yaml:3:5")
    }
    return try Pipeline(plugins: [installed("allowlist", [.connect]), installed("gate", [.request, .metadata, .connect])], generation: 4)
  }

  @Test func `Every operation is told of, with every guard's answer and how long it holds`() throws {
    let pipeline = try pipeline { operation, _ in
      operation == .metadata
        ? .deny("no names", rule: "m", place: "f.yaml:9:1")
        : .allow("listed", rule: "a", validUntil: WallTime(nanoseconds: 1_795_365_600_000_000_000))
    }
    let document = try Explainer(pipeline: pipeline, database: database).explain(peer: "10.0.0.1", artifact: "app", operation: nil)
    #expect(document.verdict == "allow" && document.operation == "request" && document.live == nil)
    #expect(document.tree.map(\.operation) == ["connect", "metadata", "request", "ask", "announce", "message"])
    #expect(document.tree.map(\.verdict) == ["allow", "deny", "allow", "allow", "allow", "allow"])
    #expect(document.tree[0].guards.map(\.plugin) == ["allowlist", "gate"])
    #expect(document.tree[0].validUntil == "2026-11-22T16:40:00.000Z" && document.tree[1].validUntil == nil)
    #expect(document.tree[1].guards.first?.place == "f.yaml:9:1")
    #expect(document.tree[3].note == "nothing in the pipeline guards this" && document.tree[3].guards.isEmpty)
    let granted = try #require(document.tree[2].granted)
    #expect(granted.grantedFiles == granted.files && granted.grantedPieces == layout.pieceCount && granted.lacking.isEmpty)
    #expect(document.facts?.address == "10.0.0.1:0" && document.facts?.artifact?.name == "app")
    let lines = WhyPrinter.lines(document)
    #expect(
      lines.contains("├─ connect: allow until 2026-11-22T16:40:00.000Z")
        && lines.contains("│  └─ gate says deny: no names (m at f.yaml:9:1)"))
    #expect(lines.last == "   └─ nothing in the pipeline guards this")
    let one = try Explainer(pipeline: pipeline, database: database).explain(peer: "10.0.0.1", artifact: "app", operation: "metadata")
    #expect(one.tree.map(\.operation) == ["connect", "metadata"] && one.verdict == "deny" && one.place == "f.yaml:9:1")
    let read = try JSONDecoder().decode(WhyDocument.self, from: DocumentEncoder.encode(document))
    #expect(read.tree == document.tree && read.facts == document.facts)
  }

  @Test func `A part is told of in files, pieces and bytes`() throws {
    let layout = layout
    let files = layout.files.indices.filter { !layout.files[$0].isPadding }
    let first = try #require(files.first)
    var one = Bitfield(count: layout.files.count)
    one[first] = true
    let part = PartialScope(pieces: Bitfield(count: layout.pieceCount, filled: true), files: one, layout: layout)
    let granted = WhyGrant(.part(part), of: layout)
    #expect(granted.grantedFiles == 1 && granted.files == files.count && granted.lacking.count == files.count - 1)
    #expect(granted.grantedBytes == layout.files[first].length && granted.bytes == layout.contentLength)
    #expect(granted.grantedPieces == part.wholePieces.population)
    let pipeline = try pipeline { operation, _ in operation == .request ? .allow("some", scope: .part(part)) : .allow("fine") }
    let document = try Explainer(pipeline: pipeline, database: database).explain(peer: "10.0.0.1", artifact: "app", operation: "request")
    #expect(document.tree.last?.granted == granted)
    #expect(WhyPrinter.lines(document).contains { $0.contains("granted: 1 of \(files.count) files whole") })
  }

  @Test func `Half of a file is half of its bytes`() {
    let layout = PolicyFixtures.layout(["a": 40, "b": 24], pieceLength: 16)
    var pieces = Bitfield(count: 4)
    pieces[2] = true
    let granted = WhyGrant(.part(PartialScope(pieces: pieces, files: Bitfield(count: 2, filled: true), layout: layout)), of: layout)
    // Piece 2 is the last 8 bytes of `a` and the first 8 of `b`.
    #expect(granted.grantedBytes == 16 && granted.grantedPieces == 1 && granted.grantedFiles == 0)
    #expect(granted.lacking.map(\.grantedBytes) == [8, 8])
  }

  @Test func `Parts that have nothing in common come to a refusal`() throws {
    let layout = layout
    let count = layout.files.count
    let files = layout.files.indices.filter { !layout.files[$0].isPadding }
    try #require(files.count > 1)
    func scope(_ file: Int) -> Scope {
      var set = Bitfield(count: count)
      set[file] = true
      return .part(PartialScope(pieces: Bitfield(count: layout.pieceCount, filled: true), files: set, layout: layout))
    }
    func installed(_ name: String, _ scope: Scope) -> InstalledPlugin {
      var script = RecordingScript()
      script.guards = [.request]
      script.judge = { _, _ in .allow("a part", scope: scope) }
      return InstalledPlugin(name: name, plugin: RecordingPlugin(script: script), place: "f.yaml:3:5")
    }
    let pipeline = try Pipeline(plugins: [installed("one", scope(files[0])), installed("two", scope(files[1]))], generation: 1)
    let document = try Explainer(pipeline: pipeline, database: database).explain(peer: "10.0.0.1", artifact: "app", operation: nil)
    #expect(document.verdict == "deny" && document.reason.contains("nothing in common"))
    #expect(document.tree.first { $0.operation == "request" }?.verdict == "deny")
  }

  @Test func `A peer that is connected is named by its number, its address or its identity`() throws {
    var facts = PolicyFixtures.peer("10.0.0.7")
    facts.identities = [Identity(trust: "fleet", name: "spiffe://corp/edge/7")]
    facts.peerID = PeerID(Array("-LT2080-abcdefghijkl".utf8))
    let peers = [AskedPeer.Live(number: 12, facts: facts)]
    let pipeline = try pipeline { _, facts in facts.peerID?.bytes.first == 0 ? .deny("who are you") : .allow("known") }
    let explainer = Explainer(pipeline: pipeline, database: database, peers: peers)
    for name in ["12", "10.0.0.7:50000", "fleet/spiffe://corp/edge/7"] {
      let document = try explainer.explain(peer: name, artifact: "app", operation: nil)
      #expect(document.verdict == "allow" && document.live == 12, "\(name)")
      #expect(WhyPrinter.lines(document).contains { $0.contains("connected as number 12") })
    }
    for name in ["10.0.0.7", "10.0.0.7:1", "fleet/spiffe://corp/edge/8", "10.0.0.7,fleet/spiffe://corp/edge/7"] {
      let document = try explainer.explain(peer: name, artifact: "app", operation: nil)
      #expect(document.verdict == "deny" && document.live == nil, "\(name)")
    }
    #expect(throws: Failure.self) { try explainer.explain(peer: "13", artifact: "app", operation: nil) }
    // Identities of certificates come with TLS.
    let made = try AskedPeer("fleet/dns:edge-7.corp", among: [], now: .now)
    #expect(made.facts.link.certificate?.trust == "fleet")
  }
}
