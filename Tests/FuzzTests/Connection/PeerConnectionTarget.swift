import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// A whole peer connection: the engine's own handler with session, grant, the built-in plugins and real files, on an embedded channel.
///
/// The first three bytes choose artifact, policy and settings, and whether the artifact is there or is fetched. Then come steps of one byte and their operands: reads of any bytes, messages of
/// any content with a right frame, well-formed messages with numbers near what is valid, time that passes, a link that is stuck, another
/// policy, an artifact that goes. So most inputs get far into a connection, and bytes that are not ours to frame are still a step away.
struct PeerConnectionTarget: FuzzTarget {
  static let name = "peer-connection"
  static let maximumLength = 16 << 10

  private static let steps = 1024
  /// The bit that has the artifact fetched.
  private static let fetched: UInt8 = 0x40
  private let world: ConnectionWorld

  init() throws {
    world = try ConnectionWorld()
  }

  func run(_ input: [UInt8]) throws {
    var reader = InputReader(input)
    let (artifact, policy, choice) = (reader.byte(), reader.byte(), reader.byte())
    let chosen = world.artifacts[Int(artifact) % world.artifacts.count]
    let settings = ConnectionWorld.settings(choice)
    let isFetched = artifact & Self.fetched != 0
    try world.beginAnew(
      chosen, policy: world.pipelines[Int(policy) % world.pipelines.count], settings: settings, isFetched: isFetched)
    let run = try ConnectionRun(world, chosen, settings: settings, isDialed: choice & 8 != 0, isFetched: isFetched)
    run.link.isStuck = choice & 32 != 0
    let reserved = artifact & 0x80 == 0 ? ReservedBits.ours(v2: true) : ReservedBits(rawValue: 0)
    if choice & 16 == 0 { run.receive(PeerBytes.handshake(chosen.infoHash, reserved: reserved)) }
    try run.settle()
    var player = StepPlayer(run: run, world: world)
    for _ in 0..<Self.steps where run.isOpen && !reader.isAtEnd {
      player.play(&reader)
      try run.settle()
    }
    try run.end()
  }

  /// One for each of the plugins' own messages, in the order of `StepPlayer.names`.
  private static let payloads = [
    "d1:k1:a1:p0:e", "d1:a20:aaaaaaaaaaaaaaaaaaaa1:ii1e1:ni1e1:ui2e1:vi1ee", "d1:ii1e1:ql20:aaaaaaaaaaaaaaaaaaaaee", "d5:added0:e",
    "d1:vi1ee",
  ]

  func seeds() throws -> [[UInt8]] {
    let metadata = Step.metadata.rawValue
    let talk: [UInt8] =
      [Step.handshake.rawValue, 1, Step.simple.rawValue, 0, Step.bitfield.rawValue, 0x80]
      + (0..<3).flatMap { [Step.request.rawValue, $0, 0] } + [Step.cancel.rawValue, 1, 0, metadata, 0, Step.hashes.rawValue, 4, 0, 0, 2, 1]
      + [Step.time.rawValue, 1, Step.have.rawValue, 2, Step.policy.rawValue, 2, Step.request.rawValue, 1, 0, Step.time.rawValue, 5]
    let stuck: [UInt8] = [
      Step.simple.rawValue, 0, Step.link.rawValue, 1, Step.many.rawValue, 40, Step.time.rawValue, 2, Step.link.rawValue, 0,
    ]
    let words = Self.payloads.enumerated().flatMap { [Step.talk.rawValue, UInt8($0), UInt8($1.utf8.count)] + Array($1.utf8) }
    var seeds: [[UInt8]] = []
    for artifact in UInt8(0)..<4 {
      for policy in world.pipelines.indices { seeds.append([artifact, UInt8(policy), 0] + talk + words) }
      for choice in [UInt8(1), 3, 7, 8, 32] { seeds += [[artifact, 1, choice] + talk + stuck, [artifact, 0, choice] + stuck + talk] }
    }
    // A peer that has everything and gives it, the first block wrong; and one that gives nothing.
    let serve = (0..<12).flatMap { index -> [UInt8] in [Step.serve.rawValue, index == 0 ? 0x80 : 0] } + [Step.time.rawValue, 1]
    let giving: [UInt8] = [Step.handshake.rawValue, 1, Step.simple.rawValue, 4, Step.simple.rawValue, 3] + serve + talk + serve
    let taking: [UInt8] = [Step.bitfield.rawValue, 0xFF, Step.have.rawValue, 0xC1, Step.simple.rawValue, 3, Step.serve.rawValue, 0x40]
    for artifact in UInt8(0)..<4 {
      for policy in [UInt8(0), UInt8(world.pipelines.count - 1)] {
        for choice in [UInt8(0), 8] {
          seeds += [[artifact | Self.fetched, policy, choice] + giving, [artifact | Self.fetched, policy, choice] + taking + giving]
        }
      }
    }
    let bytes = PeerBytes.handshake(world.artifacts[0].infoHash, reserved: .ours(v2: false)) + PeerBytes.of(.interested, .haveNone)
    return seeds + [[0, 1, 16, Step.read.rawValue, UInt8(bytes.count)] + bytes + stuck]
  }
}

/// Bytes that a peer sends.
enum PeerBytes {
  static func handshake(_ infoHash: SHA1Digest, reserved: ReservedBits) -> [UInt8] {
    var buffer = ByteBuffer()
    let peerID = PeerID(Array("-FZ0001-abcdefghijkl".utf8))
    if let peerID { Handshake(reserved: reserved, infoHash: infoHash, peerID: peerID).encode(into: &buffer) }
    return Array(buffer.readableBytesView)
  }

  static func of(_ messages: PeerMessage...) -> [UInt8] {
    var buffer = ByteBuffer()
    for message in messages { PeerMessageEncoder.encode(message, into: &buffer) }
    return Array(buffer.readableBytesView)
  }
}
