import HTTPClient
import NIOCore
import NIOPosix
import Testing

struct HTTPSessionTests {
  private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  private func session(mayFollow: @escaping @Sendable (HTTPURL) -> Bool = { _ in true }) -> HTTPSession {
    HTTPSession(group: .singletonMultiThreadedEventLoopGroup, mayFollow: mayFollow)
  }

  private func get(
    _ session: HTTPSession, _ server: ScriptedServer, _ target: String = "/", limits: HTTPLimits = HTTPLimits()
  ) async throws -> HTTPResponse {
    try await session.get(
      try HTTPURL("http://127.0.0.1:\(server.port)\(target)"), limits: limits, deadline: .now() + .seconds(120))
  }

  @Test func `Questions follow each other on one connection`() async throws {
    try await Script({ _ in [.send(Self.answer)] }).run { server async throws in
      let session = session()
      for target in ["/a", "/b", "/c"] { #expect(try await get(session, server, target).bytes == Array("ok".utf8)) }
      #expect(server.requests.map { $0.prefix(6) } == ["GET /a", "GET /b", "GET /c"])
      #expect(server.connections == 1)
      session.close()
      // A session that was closed may be used again.
      #expect(try await get(session, server).status == 200)
      #expect(server.connections == 2)
    }
  }

  @Test func `A kept connection that is closed is opened anew`() async throws {
    try await Script({ request in request.hasPrefix("GET /last") ? [.send(Self.answer), .close] : [.send(Self.answer)] }).run {
      server async throws in
      let session = session()
      for _ in 0..<3 { #expect(try await get(session, server, "/last").status == 200) }
      #expect(server.connections == 3)
    }
  }

  @Test func `A server that wants no other question is asked none on that connection`() async throws {
    let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    try await Script({ _ in [.send(answer)] }).run { server async throws in
      let session = session()
      for _ in 0..<2 { #expect(try await get(session, server).status == 200) }
      #expect(server.connections == 2)
    }
  }

  @Test func `An answer that ends too soon is an error, also on a new connection`() async throws {
    try await Script({ _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), .close] }).run { server async throws in
      let session = session()
      await #expect(throws: HTTPClientError.closedEarly) { try await get(session, server) }
    }
  }

  @Test func `A body beyond the cap ends the connection`() async throws {
    try await Script({ _ in [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n")] }).run { server async throws in
      let session = session()
      await #expect(throws: HTTPClientError.bodyTooLarge(limit: 4)) { try await get(session, server, limits: HTTPLimits(body: 4)) }
      try await server.waitForClosedConnection()
    }
  }

  @Test func `A redirect is followed where it may be`() async throws {
    let script = Script { request in
      request.hasPrefix("GET /from") ? [.send("HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n")] : [.send(Self.answer)]
    }
    try await script.run { server async throws in
      #expect(try await get(session(), server, "/from").status == 200)
      await #expect(throws: HTTPClientError.self) { try await get(session(mayFollow: { $0.path != "/to" }), server, "/from") }
      #expect(server.requests.count == 3)
    }
  }

  @Test func `Bytes that nobody has asked for end the connection`() async throws {
    try await Script({ _ in [.send(Self.answer + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")] }).run { server async throws in
      let session = session()
      for _ in 0..<3 { #expect(try await get(session, server).bytes == Array("ok".utf8)) }
      #expect(server.connections == 3)
    }
  }
}
