import Foundation
import NIOCore
import NIOHTTP1
import TLS

/// Answers requests on the loop that reads them, where the answer is there at once; all others go on to the server behind it.
///
/// The server serves each request through a task, and builds requests and responses of its own kind: several times what an announce costs. Here
/// only a GET without a body is answered, over a connection that stays open and takes its answers, and with no other request before it that the
/// server still has. One goes on to the server each half minute all the same: it ends connections that it has seen nothing of for a minute.
final class QuickLane: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// The body for a target; nil where the server has to answer.
  typealias Answer = @Sendable (String, FaceLink) -> [UInt8]?

  private static let longestSilence = TimeAmount.seconds(30)

  private let answer: Answer
  private let isSecure: Bool
  private var link: FaceLink?
  /// Of a TLS link.
  private var holder: SecureLinkHolder?
  private var validUntil: Int64?
  /// A head whose request has not ended yet.
  private var held: HTTPRequestHead?
  /// Requests that the server has and has not answered.
  private var handedOn = 0
  private var lastHandedOn = NIODeadline.now()
  private var mustFlush = false
  private var date = HTTPDate()

  init(isSecure: Bool, answer: @escaping Answer) {
    (self.isSecure, self.answer) = (isSecure, answer)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    // Who asks and does not read has to wait for the server, which reads no more of it then.
    case .head(let head) where context.channel.isWritable && mayAnswer(head): held = head
    case .head:
      count()
      context.fireChannelRead(data)
    case .body:
      handOnHeld(context)
      context.fireChannelRead(data)
    case .end:
      if let head = held, let body = body(head, context) {
        held = nil
        return write(body, context)
      }
      handOnHeld(context)
      context.fireChannelRead(data)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if mustFlush { context.flush() }
    mustFlush = false
    context.fireChannelReadComplete()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { handedOn -= 1 }
    context.write(data, promise: promise)
  }

  private func mayAnswer(_ head: HTTPRequestHead) -> Bool {
    head.method == .GET && head.version == .http1_1 && handedOn == 0 && head.isKeepAlive
      && !head.headers.contains(name: "Content-Length") && !head.headers.contains(name: "Transfer-Encoding")
      && !head.headers.contains(name: "Expect") && NIODeadline.now() - lastHandedOn < Self.longestSilence
  }

  private func count() {
    handedOn += 1
    lastHandedOn = .now()
  }

  private func handOnHeld(_ context: ChannelHandlerContext) {
    guard let head = held else { return }
    held = nil
    count()
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  private func body(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) -> [UInt8]? {
    guard let link = current(context) else { return nil }
    return answer(head.uri, link)
  }

  /// Who asks, as long as the link would be made so now.
  private func current(_ context: ChannelHandlerContext) -> FaceLink? {
    guard isSecure else {
      link = link ?? FaceLink(context.channel, isSecure: false, link: nil)
      return link
    }
    holder = holder ?? (try? context.pipeline.syncOperations.handler(type: SecureLinkHolder.self))
    guard let secure = holder?.link(at: Int64(time(nil))) else { return nil }
    if link == nil || validUntil != secure.validUntil {
      (link, validUntil) = (FaceLink(context.channel, isSecure: true, link: secure), secure.validUntil)
    }
    return link
  }

  private func write(_ body: [UInt8], _ context: ChannelHandlerContext) {
    let headers: HTTPHeaders = [
      "Content-Type": "text/plain", "Content-Length": String(body.count), "Date": date.text(at: Int64(time(nil))),
    ]
    context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: body)))), promise: nil)
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    mustFlush = true
  }
}

/// The time as HTTP has it (RFC 9110, section 5.6.7), made once a second.
struct HTTPDate {
  private var second: Int64 = .min
  private var made = ""

  /// `second`: since 1970.
  mutating func text(at second: Int64) -> String {
    guard second != self.second else { return made }
    var (time, parts) = (time_t(second), tm())
    gmtime_r(&time, &parts)
    (self.second, made) = (second, Self.text(parts))
    return made
  }

  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private static func text(_ parts: tm) -> String {
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = "\(days[Int(parts.tm_wday) % 7]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon) % 12]) \(parts.tm_year + 1900)"
    return date + " \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
