import HTTPClient
import NIOCore
import NIOPosix
import Testing

@Suite struct HTTPRedirectTests {
  private let client = HTTPClient(group: .singletonMultiThreadedEventLoopGroup)

  private static func redirect(_ location: String) -> [ScriptedServer.Act] {
    [.send("HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")]
  }

  private static let ok: [ScriptedServer.Act] = [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]

  @Test func `a relative and an absolute redirect are followed, and secrets stay with their host`() async throws {
    try await Script({ _ in Self.ok }).run { other in
      let port = other.port
      try await Script({
        $0.hasPrefix("GET /a/b ") ? Self.redirect("../c?d") : Self.redirect("http://127.0.0.1:\(port)/e")
      }).run { server in
        let url = try HTTPURL("http://127.0.0.1:\(server.port)/a/b")
        let response = try await client.get(url, headers: ["Authorization": "secret", "X-Kept": "y"], deadline: .now() + .seconds(120))
        #expect(response.status == 200)
        #expect(server.requests.map { $0.contains("secret") } == [true, true])
        #expect(server.requests.last?.hasPrefix("GET /c?d ") == true)
        #expect(other.requests.map { $0.contains("secret") || !$0.contains("X-Kept: y") } == [false])
      }
    }
  }

  @Test func `a redirect without end is left after the limit`() async throws {
    try await Script({ _ in Self.redirect("/again") }).run { server in
      let url = try HTTPURL("http://127.0.0.1:\(server.port)/")
      await #expect(throws: HTTPClientError.tooManyRedirects(limit: 2)) {
        try await client.get(url, limits: HTTPLimits(redirects: 2), deadline: .now() + .seconds(120))
      }
      #expect(server.requests.count == 3)
    }
  }

  @Test(arguments: ["ftp://h/", "file:///etc/passwd", "http://user@h/", "http://h:0/"])
  func `a redirect to another scheme or to no URL is refused`(location: String) async throws {
    try await Script({ _ in Self.redirect(location) }).run { server in
      let url = try HTTPURL("http://127.0.0.1:\(server.port)/")
      let error = await #expect(throws: HTTPClientError.self) { try await client.get(url, deadline: .now() + .seconds(120)) }
      guard case .redirectRefused = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func `the caller can keep redirects from a host`() async throws {
    let client = HTTPClient(group: .singletonMultiThreadedEventLoopGroup, mayFollow: { $0.host != .name("inside") })
    try await Script({ _ in Self.redirect("http://inside/") }).run { server in
      let url = try HTTPURL("http://127.0.0.1:\(server.port)/")
      await #expect(throws: HTTPClientError.redirectRefused("http://inside may not be visited")) {
        try await client.get(url, deadline: .now() + .seconds(120))
      }
    }
  }

  @Test func `a POST is not repeated elsewhere`() async throws {
    try await Script({ _ in Self.redirect("/other") }).run { server in
      let request = HTTPRequest(method: .post, to: .url(try HTTPURL("http://127.0.0.1:\(server.port)/")), body: Array("{}".utf8))
      #expect(try await client.send(request, deadline: .now() + .seconds(120)).status == 302)
    }
  }
}
