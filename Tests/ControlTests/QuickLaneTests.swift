import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Control

/// The lane in front of the server: what it answers, and what goes on.
@Suite struct QuickLaneTests {
  private struct Rig {
    let channel: EmbeddedChannel

    /// A lane that answers `/known` with its own name.
    init() throws {
      channel = EmbeddedChannel(handler: QuickLane(isSecure: false) { target, _ in target == "/known" ? Array("known".utf8) : nil })
      try channel.connect(to: SocketAddress(ipAddress: "10.0.0.1", port: 5)).wait()
    }

    func ask(_ target: String, _ method: HTTPMethod = .GET, version: HTTPVersion = .http1_1, fields: HTTPHeaders = [:]) throws {
      try channel.writeInbound(HTTPServerRequestPart.head(.init(version: version, method: method, uri: target, headers: fields)))
      try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    /// The server's answer to what went on.
    func answer() throws {
      try channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: .notFound)))
      try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    /// Bodies and codes that went out.
    func answers() throws -> [String] {
      var answers: [String] = []
      while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
        if case .head(let head) = part, head.status != .ok { answers.append("\(head.status.code)") }
        if case .body(.byteBuffer(let body)) = part { answers.append(String(buffer: body)) }
      }
      return answers
    }

    /// Targets that went on to the server.
    func handedOn() throws -> [String] {
      var targets: [String] = []
      while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
        if case .head(let head) = part { targets.append(head.uri) }
      }
      return targets
    }
  }

  @Test func `what it knows it answers, and the rest goes on`() throws {
    let rig = try Rig()
    try rig.ask("/known")
    #expect(try rig.answers() == ["known"] && rig.handedOn().isEmpty)
    try rig.ask("/other")
    #expect(try rig.answers().isEmpty && rig.handedOn() == ["/other"])
  }

  @Test func `as long as the server has a question all others wait behind it`() throws {
    let rig = try Rig()
    try rig.ask("/other")
    try rig.ask("/known")
    #expect(try rig.answers().isEmpty && rig.handedOn() == ["/other", "/known"])
    try rig.answer()
    try rig.ask("/known")
    #expect(try rig.answers() == ["404"] && rig.handedOn() == ["/known"], "one is still unanswered")
    for _ in 0..<2 { try rig.answer() }
    try rig.ask("/known")
    #expect(try rig.answers() == ["404", "404", "known"] && rig.handedOn().isEmpty)
  }

  @Test func `who takes no answers gets none from here`() throws {
    let rig = try Rig()
    rig.channel.isWritable = false
    try rig.ask("/known")
    #expect(try rig.answers().isEmpty && rig.handedOn() == ["/known"])
  }

  private static let more: [(HTTPMethod, HTTPVersion, HTTPHeaders)] = [
    (.POST, .http1_1, HTTPHeaders()), (.GET, .http1_0, HTTPHeaders()), (.GET, .http1_1, ["Connection": "close"]),
    (.GET, .http1_1, ["Content-Length": "0"]), (.GET, .http1_1, ["Transfer-Encoding": "chunked"]),
    (.GET, .http1_1, ["Expect": "100-continue"]),
  ]

  @Test(arguments: more)
  func `what is more than a plain question goes on`(method: HTTPMethod, version: HTTPVersion, fields: HTTPHeaders) throws {
    let rig = try Rig()
    try rig.ask("/known", method, version: version, fields: fields)
    #expect(try rig.answers().isEmpty && rig.handedOn() == ["/known"])
  }
}
