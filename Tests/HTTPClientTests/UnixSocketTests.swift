import Foundation
import HTTPClient
import NIOCore
import NIOPosix
import Testing

@Suite struct UnixSocketTests {
  private let client = HTTPClient(group: .singletonMultiThreadedEventLoopGroup)

  /// Runs the body with a server on a socket of its own.
  private func withServer(
    _ script: Script, _ body: (String, ScriptedServer) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("granary-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("s").path
    try await script.run(at: try SocketAddress(unixDomainSocketPath: path)) { try await body(path, $0) }
  }

  @Test func `GET, POST and DELETE reach a socket with their JSON`() async throws {
    try await withServer(Script({ _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")] })) { path, server in
      let body = Array(#"{"a":1}"#.utf8)
      for method in [HTTPRequest.Method.get, .post, .delete] {
        let request = HTTPRequest(method: method, unixSocket: path, target: "/v1/x?y", json: method == .post ? body : nil)
        let response = try await client.send(request, deadline: .now() + .seconds(120))
        #expect(response.bytes == Array("{}".utf8))
      }
      #expect(server.requests.map { $0.prefix(14) } == ["GET /v1/x?y HT", "POST /v1/x?y H", "DELETE /v1/x?y"])
      let post = server.requests[1]
      #expect(post.hasSuffix("\r\n\r\n{\"a\":1}"))
      #expect(
        post.contains("Content-Length: 7\r\n") && post.contains("Content-Type: application/json\r\n")
          && post.contains("Host: localhost\r\n"))
    }
  }

  @Test func `a socket that is not there is an error with its errno`() async throws {
    let error = await #expect(throws: HTTPClientError.self) {
      try await client.send(HTTPRequest(unixSocket: "/nonexistent/socket", target: "/"), deadline: .now() + .seconds(120))
    }
    guard case .cannotConnect(to: "/nonexistent/socket", _, code: 2) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a path longer than a socket's name is an error`() async throws {
    let path = "/" + String(repeating: "x", count: 200)
    await #expect(throws: HTTPClientError.self) {
      try await client.send(HTTPRequest(unixSocket: path, target: "/"), deadline: .now() + .seconds(120))
    }
  }

  @Test func `lines come as they are sent, however they are cut`() async throws {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    let acts: [ScriptedServer.Act] = [.send(head), .drip("6\r\none\r\nt\r\n4\r\nwo\n\n\r\n5\r\nthree\r\n0\r\n\r\n")]
    try await withServer(Script({ _ in acts })) { path, _ in
      var lines: [String] = []
      for try await line in client.lines(HTTPRequest(unixSocket: path, target: "/follow"), deadline: .now() + .seconds(120)) {
        lines.append(line)
      }
      #expect(lines == ["one", "two", "", "three"])
    }
  }

  @Test func `a line is there before the response ends, and leaving closes the connection`() async throws {
    try await withServer(Script({ _ in [.send("HTTP/1.1 200 OK\r\n\r\nfirst\nsec")] })) { path, server in
      let following = Task {
        for try await line in client.lines(HTTPRequest(unixSocket: path, target: "/"), deadline: .now() + .seconds(120)) { return line }
        return "nothing"
      }
      #expect(try await following.value == "first")
      try await server.waitForClosedConnection()
    }
  }

  @Test func `more lines than are held come whole and in order`() async throws {
    let text = (0..<5000).map { "line \($0)\n" }.joined()
    try await withServer(Script({ _ in [.send("HTTP/1.1 200 OK\r\n\r\n\(text)"), .close] })) { path, _ in
      var count = 0
      for try await line in client.lines(HTTPRequest(unixSocket: path, target: "/"), deadline: .now() + .seconds(120)) {
        #expect(line == "line \(count)")
        count += 1
      }
      #expect(count == 5000)
    }
  }

  @Test(arguments: [
    ("HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno", HTTPClientError.unexpectedStatus(409, body: Array("no".utf8))),
    ("HTTP/1.1 200 OK\r\n\r\n\(String(repeating: "x", count: 200))", .bodyTooLarge(limit: 100)),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na\nb", .closedEarly), ("nonsense", .malformed("")),
  ])
  func `lines end with the error`(text: String, expected: HTTPClientError) async throws {
    try await withServer(Script({ _ in [.send(text), .close] })) { path, _ in
      let lines = client.lines(HTTPRequest(unixSocket: path, target: "/"), limits: HTTPLimits(body: 100), deadline: .now() + .seconds(120))
      let error = await #expect(throws: HTTPClientError.self) { for try await _ in lines {} }
      if case (.malformed, .malformed?) = (expected, error) { return }
      #expect(error == expected)
    }
  }

  @Test func `lines end at the deadline where no head comes`() async throws {
    try await withServer(Script({ _ in [] })) { path, server in
      let lines = client.lines(HTTPRequest(unixSocket: path, target: "/"), deadline: .now() + .seconds(2))
      await #expect(throws: HTTPClientError.timedOut(path)) { for try await _ in lines {} }
      try await server.waitForClosedConnection()
    }
  }
}
