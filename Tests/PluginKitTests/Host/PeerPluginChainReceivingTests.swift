import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import PluginKit

/// The hooks about blocks that we ask for.
struct PeerPluginChainReceivingTests {
  private struct Broken: Error {}

  private let block = Block(piece: 1, offset: 0, length: 16)
  private let logs = [RecordingLog(), RecordingLog()]

  /// Two plugins; the first has this script, and this mode.
  private func chain(_ mode: PluginMode = .enforce, _ change: (inout RecordingScript) -> Void = { _ in }) throws -> PeerPluginChain {
    var script = RecordingScript()
    change(&script)
    let chain = PeerPluginChain()
    for (index, script) in [script, RecordingScript()].enumerated() {
      let plugin = RecordingPlugin(log: logs[index], script: script)
      let torrent = try #require(try plugin.newTorrent(PolicyFixtures.artifact()))
      let peer = try #require(try torrent.newConnection(PolicyFixtures.context(on: EmbeddedEventLoop())))
      let installed = InstalledPlugin(name: "plugin-\(index)", plugin: plugin, place: "test.yaml:1:1", mode: index == 0 ? mode : .enforce)
      chain.append(peer, of: installed)
    }
    return chain
  }

  private func called(_ hook: Hook) -> [Bool] { logs.map { !$0.calls(of: hook).isEmpty } }

  @Test func aRequestThatIsWithheldNamesWhoWithholdsIt() throws {
    let chain = try chain { $0.writeRequest = { _, _ in .withhold("not of this one", until: nil) } }
    let answered = try #require(try chain.writeRequest(block))
    #expect(answered.answer == .withhold("not of this one", until: nil) && answered.plugin == "plugin-0")
    #expect(called(.writeRequest) == [true, false])
  }

  @Test func aBlockGoesToTheFirstThatTakesOrDiscardsIt() throws {
    let chain = try chain { $0.piece = { _, _, _ in .discard("stale") } }
    #expect(try chain.onPiece(block, ByteBuffer(repeating: 1, count: 16))?.answer == .discard("stale"))
    #expect(called(.onPiece) == [true, false])
  }

  @Test func whatAllPassTheEngineDoes() throws {
    let chain = try chain()
    #expect(try chain.writeRequest(block) == nil)
    #expect(try chain.onPiece(block, ByteBuffer()) == nil)
    try chain.onPiecePass(1)
    try chain.onPieceFailed(2)
    for hook in [Hook.writeRequest, .onPiece, .onPiecePass, .onPieceFailed] { #expect(called(hook) == [true, true]) }
  }

  @Test func aShadowWithholdsNothing() throws {
    let chain = try chain(.shadow) { $0.writeRequest = { _, _ in .withhold("only tried", until: nil) } }
    #expect(try chain.writeRequest(block) == nil)
    #expect(called(.writeRequest) == [true, true])
  }

  @Test(arguments: [Hook.writeRequest, .onPiece, .onPiecePass, .onPieceFailed])
  func aThrowNamesPluginAndHook(hook: Hook) throws {
    let chain = try chain { $0.acts[hook] = { _ in throw Broken() } }
    let failure = #expect(throws: PluginFailure.self) {
      switch hook {
      case .writeRequest: _ = try chain.writeRequest(block)
      case .onPiece: _ = try chain.onPiece(block, ByteBuffer())
      case .onPiecePass: try chain.onPiecePass(0)
      default: try chain.onPieceFailed(0)
      }
    }
    #expect(failure?.hook == hook && failure?.plugin == "plugin-0")
  }
}
