import HTTPClient
import NIOCore
import NIOPosix
import Testing

@Suite struct HTTPClientTests {
  private let client = HTTPClient(group: .singletonMultiThreadedEventLoopGroup)

  private func get(
    _ server: ScriptedServer, _ target: String = "/", limits: HTTPLimits = HTTPLimits(), within: TimeAmount = .seconds(120)
  ) async throws -> HTTPResponse {
    try await client.get(try HTTPURL("http://127.0.0.1:\(server.port)\(target)"), limits: limits, deadline: .now() + within)
  }

  /// Fetches from a server with this one answer.
  private func answer(_ acts: [ScriptedServer.Act], limits: HTTPLimits = HTTPLimits(), within: TimeAmount = .seconds(120)) async throws
    -> HTTPResponse
  {
    try await Script({ _ in acts }).run { try await get($0, limits: limits, within: within) }
  }

  @Test func `a response is gathered whole`() async throws {
    try await Script({ _ in [.send("HTTP/1.1 404 Gone\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello")] }).run { server in
      let response = try await get(server, "/a?b=%20")
      #expect(response.status == 404)
      #expect(response.fields["x-a"] == "b")
      #expect(String(buffer: response.body) == "hello")
      let head = try #require(server.requests.first)
      #expect(head.hasPrefix("GET /a?b=%20 HTTP/1.1\r\n"))
      #expect(head.lowercased().contains("\r\nhost: 127.0.0.1:\(server.port)\r\n"))
      #expect(head.lowercased().contains("\r\nconnection: close\r\n"))
    }
  }

  @Test(arguments: [
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"],
    ["HTTP/1.0 200 OK\r\n\r\nabcde"],
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "de"],
    ["HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 5\r\n\r\nabcdeHTTP/1.1 500 surplus\r\n\r\n"],
  ])
  func `each way of framing a body is understood`(parts: [String]) async throws {
    #expect(String(buffer: try await answer(parts.map { .send($0) } + [.close]).body) == "abcde")
    #expect(String(buffer: try await answer(parts.map { .drip($0) } + [.close]).body) == "abcde")
  }

  @Test func `a body that announces more than the cap is refused before it comes`() async throws {
    await #expect(throws: HTTPClientError.bodyTooLarge(limit: 4)) {
      try await answer([.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")], limits: HTTPLimits(body: 4))
    }
    await #expect(throws: HTTPClientError.self) {
      try await answer([.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n")])
    }
  }

  @Test(arguments: ["Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n", "X: y\r\n\r\nabcde"])
  func `a body that grows beyond the cap is cut off`(rest: String) async throws {
    let acts: [ScriptedServer.Act] = [.send("HTTP/1.1 200 OK\r\n\(rest)"), .close]
    await #expect(throws: HTTPClientError.bodyTooLarge(limit: 4)) { try await answer(acts, limits: HTTPLimits(body: 4)) }
    #expect(try await answer(acts, limits: HTTPLimits(body: 5)).bytes.count == 5)
  }

  @Test func `endless framing is cut off`() async throws {
    let extensions = "1;" + String(repeating: "x", count: 5000) + "\r\na\r\n"
    await #expect(throws: HTTPClientError.bodyTooLarge(limit: 100)) {
      try await answer(
        [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(extensions)")], limits: HTTPLimits(body: 100, head: 500))
    }
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 600))\r\n\r\n", "HTTP/1.1 200 \(String(repeating: "x", count: 600))",
    String(repeating: "HTTP/1.1 102 Wait\r\n\r\n", count: 40),
  ])
  func `a header beyond the cap is refused`(head: String) async throws {
    await #expect(throws: HTTPClientError.headTooLarge(limit: 500)) { try await answer([.send(head)], limits: HTTPLimits(head: 500)) }
    await #expect(throws: HTTPClientError.headTooLarge(limit: 500)) { try await answer([.drip(head)], limits: HTTPLimits(head: 500)) }
  }

  @Test func `a header of just the cap passes, with a body in the same packet`() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"
    let response = try await answer(
      [.send(head + String(repeating: "b", count: 900))], limits: HTTPLimits(body: 900, head: head.utf8.count))
    #expect(response.bytes.count == 900)
  }

  @Test(arguments: ["garbage\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 abc\r\n\r\n", "\u{0}\u{1}\u{2}", "HTTP/1.1 200 OK\r\nA\u{0}: b\r\n\r\n"])
  func `what is not HTTP is an error`(text: String) async throws {
    let error = await #expect(throws: HTTPClientError.self) { try await answer([.send(text), .close]) }
    guard case .malformed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: [
    "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
  ])
  func `a response that ends too early is an error`(text: String) async throws {
    await #expect(throws: HTTPClientError.closedEarly) { try await answer(text.isEmpty ? [.close] : [.send(text), .close]) }
  }

  @Test func `an encoding that was not asked for is refused`() async throws {
    await #expect(throws: HTTPClientError.unsupportedEncoding("gzip")) {
      try await answer([.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx")])
    }
  }

  @Test func `a server that stalls is left at the deadline`() async throws {
    try await Script({ _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")] }).run { server in
      await #expect(throws: HTTPClientError.timedOut("http://127.0.0.1:\(server.port)")) {
        try await get(server, within: .seconds(2))
      }
      try await server.waitForClosedConnection()
    }
  }

  @Test func `a deadline that has passed is an error at once`() async throws {
    await #expect(throws: HTTPClientError.self) { try await answer([], within: .nanoseconds(0)) }
  }

  @Test func `cancelling the task ends the request and the connection`() async throws {
    try await Script({ _ in [.send("HTTP/1.1 200 OK\r\n")] }).run { server in
      let task = Task { try await get(server) }
      while server.requests.isEmpty { await Task.yield() }
      task.cancel()
      await #expect(throws: HTTPClientError.cancelled) { try await task.value }
      try await server.waitForClosedConnection()
    }
  }

  @Test func `nobody listening is an error with its errno`() async throws {
    let port = try await Script({ _ in [] }).run { $0.port }
    let error = await #expect(throws: HTTPClientError.self) {
      try await client.get(try HTTPURL("http://127.58.0.1:\(port)/"), deadline: .now() + .seconds(120))
    }
    guard case .cannotConnect(_, _, let code?) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(code == 111 || code == 61)
  }

  @Test func `https is refused with the reason`() async throws {
    let error = await #expect(throws: HTTPClientError.tlsUnavailable(host: "h")) {
      try await client.get(try HTTPURL("https://h/"), deadline: .now() + .seconds(120))
    }
    #expect(error?.description == "https://h: nobody is trusted for TLS links here")
  }

  @Test func `a field with a line break is not sent`() async throws {
    try await Script({ _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")] }).run { server in
      let url = try HTTPURL("http://127.0.0.1:\(server.port)/")
      await #expect(throws: HTTPClientError.self) {
        try await client.get(url, headers: ["X": "a\r\nY: b"], deadline: .now() + .seconds(120))
      }
      #expect(server.requests.isEmpty)
    }
  }
}
