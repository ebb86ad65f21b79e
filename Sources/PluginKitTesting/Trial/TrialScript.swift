import Metainfo
import PeerProtocol
import PluginKit

/// Lives of connections, of events that are legal where they stand.
struct TrialScript: Sendable {
  private let artifact: ArtifactFacts
  private let messages: [ExtendedMessage]
  private let isOutbound: Bool
  private let supportsFast: Bool

  init(_ setting: PeerTrial.Setting, messages: [ExtendedMessage]) {
    (artifact, self.messages) = (setting.artifact, messages)
    (isOutbound, supportsFast) = (setting.facts.direction == .outbound, setting.supportsFast)
  }

  private var layout: PieceLayout { artifact.layout }
  private var lastPiece: Int { layout.pieceCount - 1 }

  /// Lives with every event, in an order in which a stock client might bring them about: one for each way to tell what it has.
  var wholes: [[TrialEvent]] { own.map { opening + [$0, .extensionHandshake(everything)] + body } }

  /// The events of a life in an order of its own.
  func shuffled(_ random: inout TrialGenerator) -> [TrialEvent] {
    let first = own.randomElement(using: &random).map { [$0] } ?? []
    let hello = Bool.random(using: &random) ? [TrialEvent.extensionHandshake(everything)] : []
    return opening + hello + first + (body + [.reload]).shuffled(using: &random)
  }

  /// Up to the peer's first word.
  private var opening: [TrialEvent] {
    let begin: [TrialEvent] = [.handshake, .additions, .sent(ours)]
    return isOutbound ? [.connected] + begin : begin
  }

  /// What we have.
  private var ours: SentMessage { supportsFast ? (layout.pieceCount == 1 ? .haveNone : .haveAll) : .bitfield }

  /// How the peer may tell what it has: at once, and once.
  private var own: [TrialEvent] {
    let bitfields = [Bitfield(count: layout.pieceCount), Bitfield(count: layout.pieceCount, filled: true)].map { TrialEvent.bitfield($0) }
    return supportsFast ? [.haveNone, .haveAll] + bitfields : bitfields
  }

  private var body: [TrialEvent] { talk + requests + asking + extended + time }

  private var talk: [TrialEvent] {
    var events: [TrialEvent] = [
      .interested, .choke, .unchoke, .notInterested, .interested, .sent(.interested), .sent(.notInterested), .unknown(22, []),
      .unknown(255, [UInt8](repeating: 0xFF, count: 4096)),
    ]
    for piece in Set([0, lastPiece]).sorted() where piece >= 0 && layout.pieceCount > 0 {
      events += [.have(piece), .dontHave(piece), .sent(.have(piece))]
      if supportsFast { events += [.suggest(piece), .allowedFast(piece), .sent(.suggest(piece)), .sent(.allowedFast(piece))] }
    }
    return events
  }

  private var requests: [TrialEvent] {
    var events: [TrialEvent] = []
    for block in blocks { events += [.request(block), .request(block, isCancelled: true)] }
    return events
  }

  private var asking: [TrialEvent] {
    var events: [TrialEvent] = layout.pieceCount > 0 ? [.piecePassed(0), .pieceFailed(lastPiece)] : []
    for block in blocks { events += TrialEvent.Outcome.allCases.map { .ask(block, $0) } }
    return events
  }

  /// The first block, the last, one of one byte, and the longest that a piece's end has.
  private var blocks: [Block] {
    guard let first = layout.length(ofPiece: 0), let last = layout.length(ofPiece: lastPiece) else { return [] }
    let usual = Block.standardLength
    let tail = (last - 1) / usual * usual
    let blocks: [(piece: Int, offset: Int, length: Int)] = [
      (0, 0, min(usual, first)), (lastPiece, tail, last - tail), (0, first - 1, 1), (lastPiece, last - min(usual, last), min(usual, last)),
    ]
    return blocks.map { Block(piece: UInt32($0.piece), offset: UInt32($0.offset), length: UInt32($0.length)) }
  }

  /// Whole messages within the size declared: nothing, garbage, bencode, and as much as there may be.
  private var extended: [TrialEvent] {
    messages.flatMap { message in
      let most = message.maximumSize
      let payloads: [[UInt8]] = [
        [], [0], Array("de".utf8), Array("d1:ai-1ee".utf8), Array("d8:msg_typei0e5:piecei0ee".utf8), [UInt8](repeating: 0, count: most),
        [UInt8](repeating: UInt8(ascii: "l"), count: most), (0..<most).map { UInt8(truncatingIfNeeded: $0 &* 167) },
      ]
      return payloads.filter { $0.count <= most }.map { TrialEvent.extended(message.name, $0) }
    }
  }

  private var time: [TrialEvent] {
    let causes: [DisconnectCause] = [.inactivity, .useless, .connectionLimit, .noRequest]
    let events: [TrialEvent] = [
      .tick(), .tick(after: .zero), .tick(after: .seconds(86_400)), .extensionHandshake(ExtendedHandshake()), .extensionHandshake(odd),
    ]
    return events + causes.map { TrialEvent.mayGo($0) }
  }

  /// A peer that knows every message.
  private var everything: ExtendedHandshake {
    var handshake = ExtendedHandshake()
    let names = messages.map(\.name) + ["ut_pex", "ut_metadata", "lt_donthave"]
    handshake.messages = Dictionary(zip(names, UInt8(1)...)) { first, _ in first }
    (handshake.requestQueue, handshake.listenPort, handshake.clientVersion) = (500, 6881, "Client 1.0")
    return handshake
  }

  /// What is allowed and nobody sends.
  private var odd: ExtendedHandshake {
    var handshake = ExtendedHandshake()
    (handshake.requestQueue, handshake.listenPort, handshake.clientVersion) = (0, 0, "\u{1B}[31m\u{0}")
    (handshake.yourIP, handshake.metadataSize) = ([1, 2, 3], Int.max)
    handshake.messages = Dictionary(messages.map { ($0.name, 0) }) { first, _ in first }
    handshake.extra = ["": .list([]), "\u{7F}": .integer(.min)]
    return handshake
  }
}
