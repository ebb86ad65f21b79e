import Metainfo
import NIOCore
import NIOEmbedded
import PeerProtocol
import PluginKit

@testable import Engine

/// What an input may let happen.
enum Step: UInt8, CaseIterable {
  case read, longRead, message, request, cancel, simple, have, bitfield, handshake, metadata, hashes, time, link, policy, world, many, talk
  case serve
}

/// Plays the steps of an input.
struct StepPlayer {
  let run: ConnectionRun
  let world: ConnectionWorld
  /// What the peer sent last, to be sent again.
  private var last: [UInt8] = []

  init(run: ConnectionRun, world: ConnectionWorld) {
    (self.run, self.world) = (run, world)
  }

  mutating func play(_ reader: inout InputReader) {
    guard let step = Step(rawValue: reader.byte() % UInt8(Step.allCases.count)) else { return }
    switch step {
    case .read: send(reader.bytes(Int(reader.byte())))
    case .longRead: send(reader.bytes(reader.short()))
    case .message: send(message(&reader))
    case .request: send(PeerBytes.of(.request(block(&reader))))
    case .cancel: send(PeerBytes.of(.cancel(block(&reader))))
    case .simple: send(PeerBytes.of(simple(reader.byte())))
    case .have: send(PeerBytes.of(numbered(reader.byte())))
    case .bitfield: send(PeerBytes.of(bitfield(reader.byte())))
    case .handshake: send(PeerBytes.of(extendedHandshake(reader.byte())))
    case .metadata: send(PeerBytes.of(metadata(reader.byte())))
    case .hashes: send(PeerBytes.of(.hashRequest(hashRequest(&reader))))
    case .time: run.advance(by: Self.times[Int(reader.byte()) % Self.times.count])
    case .link: if reader.byte() & 1 == 1 { run.link.isStuck = true } else { run.link.letGo() }
    case .policy: run.judge(by: world.pipelines[Int(reader.byte()) % world.pipelines.count])
    case .world: change(reader.byte())
    case .many: many(Int(reader.byte()))
    case .talk: send(PeerBytes.of(talk(&reader)))
    case .serve: serve(reader.byte())
    }
  }

  /// Everything that has a limit in the engine lies between two of these.
  private static let times: [Duration] = [
    .milliseconds(10), .seconds(1), .seconds(6), .seconds(11), .seconds(61), .seconds(101), .seconds(181), .seconds(600),
  ]

  private mutating func send(_ bytes: [UInt8]) {
    last = bytes
    run.receive(bytes)
  }

  /// Any content under a frame that fits it.
  private func message(_ reader: inout InputReader) -> [UInt8] {
    let (id, length) = (reader.byte(), Int(reader.byte()))
    let payload = reader.bytes(length)
    return withUnsafeBytes(of: UInt32(payload.count + 1).bigEndian, Array.init) + [id] + payload
  }

  /// A block of the artifact, or one that is nearly one.
  private func block(_ reader: inout InputReader) -> Block {
    let (piece, shape) = (UInt32(reader.byte()), reader.byte())
    let offset = UInt32(shape & 0x0F) * UInt32(Block.standardLength) + (shape & 0x80 == 0 ? 0 : 5)
    let rest = UInt32(clamping: (run.artifact.layout.length(ofPiece: Int(piece)) ?? 0) - Int(offset))
    let length = shape & 0x40 == 0 ? min(UInt32(Block.standardLength), rest) : 1 << UInt32(shape & 0x1F)
    return Block(piece: piece, offset: offset, length: length)
  }

  private func simple(_ choice: UInt8) -> PeerMessage {
    let messages: [PeerMessage] = [.interested, .notInterested, .choke, .unchoke, .haveAll, .haveNone, .keepAlive, .port(1)]
    return messages[Int(choice) % messages.count]
  }

  private func numbered(_ choice: UInt8) -> PeerMessage {
    let piece = UInt32(choice & 0x0F)
    switch choice >> 6 {
    case 0: return .have(piece)
    case 1: return .suggest(piece)
    case 2: return .allowedFast(piece)
    default: return .reject(Block(piece: piece, offset: 0, length: 16_384))
    }
  }

  private func bitfield(_ fill: UInt8) -> PeerMessage {
    .bitfield(ByteBuffer(repeating: fill, count: (run.artifact.layout.pieceCount + 7) / 8))
  }

  private func extendedHandshake(_ id: UInt8) -> PeerMessage {
    var handshake = ExtendedHandshake()
    handshake.messages = [MetadataMessage.name: id, DontHaveMessage.name: id &+ 1, "x": 9]
    if id & 2 == 2 { for (index, name) in Self.names.enumerated() { handshake.messages[name] = UInt8(20 + index) } }
    handshake.uploadOnly = id & 1 == 1
    return .extended(id: 0, ByteBuffer(bytes: handshake.encoded()))
  }

  /// A message of ut_metadata under the number that we announced for it.
  private func metadata(_ choice: UInt8) -> PeerMessage {
    let id = run.connection?.messages.ids[MetadataMessage.name] ?? 1
    var payload = ByteBuffer()
    (choice & 0x80 == 0 ? MetadataMessage.request(piece: Int(choice)) : .reject(piece: Int(choice & 0x7F))).encode(into: &payload)
    return .extended(id: id, payload)
  }

  /// The names of the plugins' own messages, as their policies have them.
  private static let names = ["gr_auth", "gr_notice", "gr_have", "ut_pex", "x_y"]

  /// Anything under the number that we announced for a plugin's name.
  private func talk(_ reader: inout InputReader) -> PeerMessage {
    let name = Self.names[Int(reader.byte()) % Self.names.count]
    let id = run.connection?.messages.ids[name] ?? 1
    return .extended(id: id, ByteBuffer(bytes: reader.bytes(Int(reader.byte()))))
  }

  /// An answer to something that we have asked for: a block or hashes, as they are, wrong, or not given.
  private mutating func serve(_ choice: UInt8) {
    guard let session = run.connection?.active?.session else { return }
    if let request = session.outstandingHashRequests.first {
      let bytes = ByteBuffer(repeating: choice, count: Int(request.length + UInt32(choice & 0x07)) * 32)
      return send(PeerBytes.of(choice & 0x40 == 0 ? .hashes(request, bytes) : .hashReject(request)))
    }
    let asked = session.outstandingRequests.sorted { ($0.piece, $0.offset) < ($1.piece, $1.offset) }
    guard !asked.isEmpty else { return }
    let block = asked[Int(choice & 0x3F) % asked.count]
    guard choice & 0x40 == 0, let bytes = run.artifact.bytes(of: block) else { return send(PeerBytes.of(.reject(block))) }
    var buffer = ByteBuffer(bytes: bytes)
    if choice & 0x80 != 0 { buffer.setInteger(~(bytes.first ?? 0), at: 0) }
    send(PeerBytes.of(.piece(PieceData(piece: block.piece, offset: block.offset, bytes: buffer))))
  }

  private func hashRequest(_ reader: inout InputReader) -> HashRequest {
    let roots = run.artifact.layout.files.compactMap(\.piecesRoot)
    let (root, base, index, shape, proof) = (reader.byte(), reader.byte(), reader.byte(), reader.byte(), reader.byte())
    return HashRequest(
      piecesRoot: roots.isEmpty ? .zero : roots[Int(root) % roots.count], baseLayer: UInt32(base), index: UInt32(index),
      length: UInt32(1) << UInt32(shape & 0x0F), proofLayers: UInt32(proof))
  }

  /// What the node does meanwhile.
  private func change(_ choice: UInt8) {
    switch choice % 5 {
    case 0: run.takeAway()
    case 1: run.bringBack()
    case 2: world.engine.replace(settings: ConnectionWorld.settings(choice >> 4))
    case 3: run.drain()
    default: run.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }
  }

  /// The same again, so many times, in as few reads as there can be.
  private func many(_ count: Int) {
    for _ in 0..<count { run.receive(last) }
  }
}
