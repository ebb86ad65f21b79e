import ArgumentParser
import Logging
import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import Plugins
import Settings

/// What a connection does with a request before it is queued, without the connection: session, grant, what we have, handlers.
final class PeerModel {
  private let pipeline: Pipeline
  private let facts: PeerFacts
  private let layout: PieceLayout
  private let have: Bitfield
  private let chain = PeerPluginChain()
  private var session: PeerSession
  let grant: Grant

  /// A peer of 127.0.0.1 that has been authorized and unchoked under this configuration, with what it has proven.
  init(_ yaml: String, _ artifact: ArtifactFacts, proving identities: [Identity] = []) throws {
    pipeline = try Self.pipeline(yaml)
    guard let ip = IPAddress("127.0.0.1") else { throw ValidationError("127.0.0.1 is no address") }
    facts = PeerFacts(
      address: PeerAddress(ip: ip, port: 50_000), direction: .inbound, identities: identities, artifact: artifact,
      infoHash: artifact.infoHash.preferredWire, peerID: PeerID.random(prefix: "-XX0000-"), now: .now)
    layout = artifact.layout
    have = Bitfield(count: layout.pieceCount, filled: true)
    grant = pipeline.grant(facts)
    session = PeerSession(layout: layout, fast: true, extensions: true, v2: false)
    _ = session.willAnnounce(grant.visible(have))
    session.willUnchoke()
    try makeHandlers(artifact)
    guard pipeline.decide(.connect, facts).isAllowed, !grant.isEmpty else {
      throw ValidationError("the configuration lets the peer do nothing")
    }
  }

  private static func pipeline(_ yaml: String) throws -> Pipeline {
    let settings = try NodeSettings.load(bytes: Array(yaml.utf8), file: "bench.yaml", environment: SettingsEnvironment())
    let services = PluginServices(
      wallClock: { .now }, clock: { .now }, journal: Unkept(), logger: Logger(label: "bench"), folder: "/", documents: YAMLDocuments())
    let builder = PipelineBuilder(
      registry: PluginRegistry(Plugins.builtIns), services: { _ in services }, explain: SettingsErrors.explain)
    return try builder.build(settings.pipeline.map(\.pipelineEntry), generation: 1).get()
  }

  private func makeHandlers(_ artifact: ArtifactFacts) throws {
    let handle = PeerHandle(loop: MultiThreadedEventLoopGroup.singleton.any(), visit: { _ in }, flush: {})
    let context = PeerContext(artifact: artifact, infoBytes: [], facts: facts, grant: grant, now: .now, handle: handle)
    for installed in pipeline.plugins {
      guard let handler = try installed.plugin.newTorrent(artifact)?.newConnection(context) else { continue }
      chain.append(handler, of: installed)
    }
  }

  /// CPU nanoseconds for each of these requests.
  func nanoseconds(_ blocks: [Block]) throws -> Double {
    var accepted = 0
    let cost = try Cost.of {
      for block in blocks where try accepts(block) { accepted += 1 }
    }
    guard accepted == blocks.count, accepted > 0 else { throw ValidationError("\(accepted) of \(blocks.count) blocks passed the pipeline") }
    return cost.cpu * 1e9 / Double(accepted)
  }

  @inline(never)
  private func accepts(_ block: Block) throws -> Bool {
    guard case .requested(let block) = try session.receive(.request(block)) else { return false }
    guard session.standing(of: block).isAllowed, grant.allows(block, in: layout), have[Int(block.piece)] else { return false }
    guard try chain.onRequest(block) == nil else { return false }
    // Handlers that keep count are told what became of it.
    chain.sent(.piece(block))
    return true
  }

  /// CPU microseconds for a grant.
  func grantMicroseconds() -> Double {
    let times = 200
    return Cost.of { for _ in 0..<times { consume(pipeline.grant(facts)) } }.cpu * 1e6 / Double(times)
  }
}

private struct Unkept: Journal {
  func record(_ record: JournalRecord) {}
}
