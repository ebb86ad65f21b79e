import Metainfo
import NIOCore
import NIOPosix
import PluginKit

/// The tracker over UDP (BEP 15). It knows no credentials: who is told anything is who may be by its address alone.
package final class UDPTrackerFace: Sendable {
  private let channel: any Channel

  /// The address that it is at.
  package var address: Endpoint? { channel.localAddress.flatMap(Endpoint.init(socket:)) }

  private init(channel: any Channel) {
    self.channel = channel
  }

  /// Opens the socket. Throws where the address cannot be had.
  package static func open(_ address: Endpoint, tracker: EmbeddedTracker, group: any EventLoopGroup) async throws -> UDPTrackerFace {
    let channel = try await DatagramBootstrap(group: group)
      .channelOption(.socketOption(.so_reuseaddr), value: 1)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: longest))
      .channelOption(.datagramVectorReadMessageCount, value: 16)
      .channelOption(.receivePacketInfo, value: true)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(UDPQuestionHandler(tracker: tracker, loop: channel.eventLoop))
        }
      }
      .bind(host: address.ip.description, port: Int(address.port)).get()
    return UDPTrackerFace(channel: channel)
  }

  package func close() async { try? await channel.close() }

  /// The longest question that is looked at, for each of the reads of a turn: a scrape of 74.
  private static let longest = 16 * 2048
}

extension Endpoint {
  /// Nil where the address is not of the internet.
  package init?(socket address: NIOCore.SocketAddress) {
    guard let text = address.ipAddress, let ip = IPAddress(text), let port = address.port.flatMap(UInt16.init(exactly:)) else { return nil }
    self.init(ip: ip, port: port)
  }
}

/// Answers datagrams, on its loop.
private final class UDPQuestionHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private let tracker: EmbeddedTracker
  private let loop: any EventLoop
  private let ids = ConnectionIDs()
  private var sieve = RateSieve(perSecond: 500)

  init(tracker: EmbeddedTracker, loop: any EventLoop) {
    (self.tracker, self.loop) = (tracker, loop)
  }

  private var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000_000) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    guard let from = Endpoint(socket: envelope.remoteAddress), sieve.passes(from.ip, now: now) else { return }
    let datagram = Array(envelope.data.readableBytesView)
    guard let question = UDPQuestion(datagram) else { return }
    let local = envelope.metadata?.packetInfo.flatMap { IPAddress($0.destinationAddress.ipAddress ?? "") }
    if case .connect = question.content {
      let id = ids.id(of: from, now: now)
      return write(UDPAnswer.connected(id, transaction: question.transaction), to: envelope.remoteAddress, context.channel)
    }
    guard ids.isValid(question.connection, of: from, now: now) else {
      // To whom that goes is not proven: it is no longer than what has come.
      let answer = UDPAnswer.failed("connection id", transaction: question.transaction)
      if answer.count <= datagram.count { write(answer, to: envelope.remoteAddress, context.channel) }
      return
    }
    answer(question, TrackerAsker(ip: from.ip, local: local), to: envelope.remoteAddress, context.channel)
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  /// A socket's errors (an ICMP message for some answer) are nobody's.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}

  private func answer(_ question: UDPQuestion, _ asker: TrackerAsker, to address: NIOCore.SocketAddress, _ channel: any Channel) {
    let waiting = WaitingQuestion(question: question, asker: asker, tracker: tracker, address: address, channel: channel)
    guard let answer = waiting.answerNow() else { return waiting.answerLater() }
    write(answer, to: address, channel)
  }

  private func write(_ bytes: [UInt8], to address: NIOCore.SocketAddress, _ channel: any Channel) {
    guard channel.isWritable else { return }
    channel.write(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)), promise: nil)
  }
}

/// A question that may have to wait for the disk or a guard.
private struct WaitingQuestion: Sendable {
  let question: UDPQuestion
  let asker: TrackerAsker
  let tracker: EmbeddedTracker
  let address: NIOCore.SocketAddress
  let channel: any Channel

  private var family: IPAddress.Family { asker.ip.family }

  /// Nil where it has to.
  func answerNow() -> [UInt8]? {
    switch question.content {
    case .connect: nil
    case .announce(let announce):
      tracker.announceNow(announce, from: asker, family: family, limit: UDPAnswer.room(family)).map(answer)
    case .scrape(let infoHashes):
      tracker.scrapeNow(infoHashes, from: asker).map { UDPAnswer.scraped(infoHashes, $0, transaction: question.transaction) }
    }
  }

  func answerLater() { Task { await answerWaiting() } }

  private func answerWaiting() async {
    switch question.content {
    case .connect: return
    case .announce(let announce):
      send(answer(await tracker.announce(announce, from: asker, family: family, limit: UDPAnswer.room(family))))
    case .scrape(let infoHashes):
      send(UDPAnswer.scraped(infoHashes, await tracker.scrape(infoHashes, from: asker), transaction: question.transaction))
    }
  }

  private func answer(_ outcome: TrackerOutcome) -> [UInt8] {
    switch outcome {
    case .refused: UDPAnswer.failed(TrackerOutcome.refusal, transaction: question.transaction)
    case .reply(let reply): UDPAnswer.announced(reply, family: family, transaction: question.transaction)
    }
  }

  private func send(_ bytes: [UInt8]) {
    channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)), promise: nil)
  }
}
