import Engine
import Foundation
import Inventory
import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import Settings
import Storage
import TestSupport
import Testing

@testable import GranaryNode

/// A whole node without its services: nothing happens of its own accord but what peers, files and the test do. Time is the test's.
final class NodeRig: Sendable {
  let folder: TemporaryDirectory
  let node: Node
  let address: PeerAddress
  let clock = ManualClock()
  private let publisher: Publisher

  private init(_ scrub: String) async throws {
    folder = try TemporaryDirectory("care")
    try FileManager.default.createDirectory(atPath: folder.path("data"), withIntermediateDirectories: true)
    let yaml = """
      node: { name: rig, state: \(folder.path("state")) }
      listen: [{ address: "127.0.0.1:0" }]
      artifacts: { roots: [\(folder.path("data"))] }
      scrub: \(scrub)
      """
    let settings = try NodeSettings.load(bytes: Array(yaml.utf8), file: "rig.yaml", environment: SettingsEnvironment())
    let configuration = NodeConfiguration(settings: settings)
    node = try Node(configuration: configuration) { configuration }
    node.attach()
    address = try #require(try await node.engine.start(ticking: false).first)
    publisher = Publisher(roots: RootsPolicy(roots: settings.artifacts.roots), paths: node.paths, threads: 1)
  }

  /// Runs the body with a node and ends it.
  static func run(scrub: String = "{ every: never }", _ body: (NodeRig) async throws -> Void) async throws {
    let rig = try await NodeRig(scrub)
    do {
      try await body(rig)
      await rig.node.shutDown(why: "the test is over")
    } catch {
      await rig.node.shutDown(why: "the test failed")
      throw error
    }
  }

  /// Publishes `data/NAME` with a file `a.bin` of random bytes, and `b/c.bin`, and serves it.
  @discardableResult
  func publish(_ name: String, length: Int = 200_000, below: String = "data") throws -> NodeArtifact {
    var random = SeededGenerator(seed: UInt64(name.utf8.reduce(7) { $0 * 31 + Int($1) } & 0xFFFF))
    let content = random.bytes(length)
    try folder.write(content, to: "\(below)/\(name)/a.bin")
    try folder.write(random.bytes(40_000), to: "\(below)/\(name)/b/c.bin")
    let order = Publisher.Order(
      path: folder.path("\(below)/\(name)"), name: nil, version: .v1, pieceLength: 32_768, source: nil, trackers: [], webSeeds: [],
      labels: [:], isPrivate: true, isPortable: false, skipSymlinks: false, output: nil)
    let found = try publisher.publish(order).found
    let artifact = try node.keep(found).artifact
    return NodeArtifact(id: artifact.id, torrent: found.torrent, folder: "\(below)/\(name)", content: content)
  }

  func artifact(_ artifact: NodeArtifact) throws -> Artifact { try node.database.artifact(artifact.id) }
  func isServing(_ artifact: NodeArtifact) -> Bool { node.engine.isServing(artifact.id.rawValue) }

  /// A peer that has shaken hands and is unchoked, with the pieces that it was told of.
  func leecher(_ artifact: NodeArtifact) async throws -> (peer: ScriptedPeer, have: PeerMessage) {
    let peer = try await ScriptedPeer.dial(address)
    try await peer.send(bytes: ScriptedPeer.handshake(artifact.torrent.infoHash.preferredWire, reserved: .ours(v2: false)))
    _ = try await peer.nextHandshake()
    let have: PeerMessage = try await peer.next("what there is") { message in
      switch message {
      case .haveAll, .haveNone, .bitfield: message
      default: nil
      }
    }
    try await peer.send(.interested)
    try await peer.wait(for: .unchoke)
    return (peer, have)
  }

  /// One step of the care, so much later than the last, on its own thread.
  func step(_ duration: Duration = .seconds(1)) async throws {
    let now = clock.advance(by: duration)
    try await node.caring.runIfActive { [node] in node.careTick(now: now) }
  }

  /// Steps, a second each, until the answer is there.
  func steps<Value>(_ what: String, _ body: () throws -> Value?) async throws -> Value {
    let deadline = ContinuousClock.now + ScriptedPeer.patience
    while ContinuousClock.now < deadline {
      if let value = try body() { return value }
      try await step()
    }
    throw ScriptedPeerFailure(description: "\(what) did not come to be")
  }

  /// Steps until the artifact is out of service; its state.
  func out(_ artifact: NodeArtifact) async throws -> Artifact {
    try await steps("\(artifact.folder) out of service") {
      let now = try self.artifact(artifact)
      return now.state != .ready && !self.isServing(artifact) ? now : nil
    }
  }

  /// Steps until the artifact is in service; its state.
  func back(_ artifact: NodeArtifact) async throws -> Artifact {
    try await steps("\(artifact.folder) in service") {
      let now = try self.artifact(artifact)
      return now.state == .ready && self.isServing(artifact) ? now : nil
    }
  }

  /// Runs a shell's words in another process, the data's folder being its own.
  func shell(_ words: String) async throws {
    try await ProcessRunner("sh", ["-e", "-c", words], workingFolder: folder.path).output()
  }

  /// The journal's rows of the care and the engine, stored.
  func journal() throws -> [JournalRow] {
    try node.journal.writer.flush()
    return try node.database.journal(JournalFilter()).filter { $0.entry.operation == "storage" }
  }
}

/// An artifact that a rig has published.
struct NodeArtifact: Sendable {
  let id: ArtifactID
  let torrent: Torrent
  /// Below the rig's folder.
  let folder: String
  /// What `a.bin` holds.
  let content: [UInt8]

  /// The first block of a piece that lies wholly in `a.bin`.
  func block(_ piece: UInt32 = 0) -> Block { Block(piece: piece, offset: 0, length: 16_384) }
  func bytes(_ block: Block) -> [UInt8] {
    let begin = Int(block.piece) * 32_768 + Int(block.offset)
    return Array(content[begin..<begin + Int(block.length)])
  }
}

extension ScriptedPeer {
  /// Asks for a block, and whether it is what it should be.
  func gets(_ block: Block, of artifact: NodeArtifact) async throws -> Bool {
    try await send(.request(block))
    let bytes: [UInt8] = try await next("\(block)") { message in
      if case .piece(let data) = message, data.block == block { Array(data.bytes.readableBytesView) } else { nil }
    }
    return bytes == artifact.bytes(block)
  }
}
