import Metainfo
import NIOCore
import NIOEmbedded
import Tracker

@testable import HTTPClient

/// What an HTTP tracker sends: a body by itself, or the whole response through the HTTP client's channel handlers in reads of the fuzzer's
/// choice, whose body is then read. The first byte chooses.
struct TrackerHTTPTarget: FuzzTarget {
  static let name = "tracker-http"
  static let maximumLength = 32 << 10

  private static let limits = HTTPLimits(body: 8 << 10, head: 2 << 10, redirects: 3)

  func run(_ input: [UInt8]) throws {
    guard let choice = input.first else { return }
    let rest = Array(input.dropFirst())
    if choice & 1 == 0 { return try read(rest) }
    guard let response = try exchange(rest, cutBy: Int(choice >> 1)) else { return }
    try promise(response.bytes.count <= Self.limits.body, "a body beyond the limit")
    _ = try? request.following(response)
    try read(response.bytes)
  }

  private func read(_ body: [UInt8]) throws {
    do throws(TrackerError) {
      let response = try AnnounceResponse(http: body)
      guard Self.isSound(response) else { throw TrackerError.badStatus(0) }
    } catch {
      try promise(error != .badStatus(0), "an answer beyond our bounds")
      try promise(!error.description.contains("\n"), "an error of more than one line")
      var generator = SystemRandomNumberGenerator()
      let wait = AnnounceTiming().retry(after: error, failures: 3, using: &generator)
      try promise(wait > .zero && wait <= AnnounceTiming().longest, "a wait beyond our bounds")
    }
    _ = try? ScrapeBody.decode(body)
  }

  /// Whether an answer is within what we take of one.
  static func isSound(_ response: AnnounceResponse) -> Bool {
    let interval = AnnounceTiming().interval(response)
    let merged = response.merged(with: response)
    return response.peers.count <= 2 * AnnounceResponse.maximumPeers && interval >= AnnounceTiming().shortest
      && interval <= AnnounceTiming().longest && merged.peers.count == response.peers.count
      && response.peers.allSatisfy { ($0.port ?? 0) > 0 }
  }

  /// The response that the bytes are; nil where they are none. Cut into as many reads as the number says.
  private func exchange(_ bytes: [UInt8], cutBy cuts: Int) throws -> HTTPResponse? {
    let channel = EmbeddedChannel()
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
    let promised = channel.eventLoop.makePromise(of: HTTPResponse.self)
    let handler = HTTPResponseHandler(limits: Self.limits, promise: promised)
    try HTTPClient.start(request, on: channel, handler: handler, limits: Self.limits, total: Self.limits.wire)
    let size = max(1, bytes.count / (cuts + 1))
    for begin in stride(from: 0, to: bytes.count, by: size) where channel.isActive {
      channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes[begin..<min(bytes.count, begin + size)]))
      channel.pipeline.fireChannelReadComplete()
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return try? promised.futureResult.wait()
  }

  private let request: HTTPRequest

  init() throws {
    request = HTTPRequest(to: .url(try HTTPURL("http://tracker.example/announce")))
  }

  func seeds() throws -> [[UInt8]] {
    let bodies = [
      "d8:completei3e10:incompletei4e8:intervali1800e12:min intervali60e5:peersld2:ip8:10.0.0.14:porti1eee10:tracker id2:ab15:warning message4:slowe",
      "d5:peers12:abcdefghijkl6:peers618:abcdefghijklmnopqre", "d14:failure reason4:busy8:retry ini5ee",
      "d14:failure reason4:busy8:retry in5:nevere", "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi2e10:incompletei3eeee",
    ]
    let heads = [
      "HTTP/1.1 200 OK\r\nContent-Length: %\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: %\r\n\r\n",
      "HTTP/1.1 302 Found\r\nLocation: /other?x=y\r\nContent-Length: %\r\n\r\n",
    ]
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nd5:\r\n7\r\npeers0:\r\n1\r\ne\r\n0\r\nX-Trailer: y\r\n\r\n"
    let responses = heads.flatMap { head in bodies.map { head.replacing("%", with: "\($0.utf8.count)") + $0 } } + [chunked]
    return bodies.map { [0] + Array($0.utf8) } + responses.flatMap { text in [1, 7, 41].map { [$0] + Array(text.utf8) } }
  }
}
