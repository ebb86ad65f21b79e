import Foundation
import HTTPClient
import Logging
import NIOCore
import NIOPosix
import PluginKit
import Synchronization
import TestSupport
import Testing
import Tracker

@testable import Control

/// What a node tells of itself, asked on loopback.
@Suite struct OpsFaceTests {
  private final class Source: OpsSource {
    let missing = Mutex<[String]>([])
    let isReady = Mutex(true)

    func silent() async -> [String] { missing.withLock { $0 } }
    func readiness() async -> ReadinessDocument {
      ReadinessDocument(node: "depot", checks: [.init("inventory", ok: isReady.withLock { $0 }, required: true, reason: "r")])
    }
    func metrics() async -> [UInt8] { Array("granary_x 1\n".utf8) }
  }

  private struct Pages: OpsPages {
    func page(_ request: OpsRequest) async -> OpsPage? {
      switch request.path {
      case "/": OpsPage(contentType: "text/html", bytes: Array("q=\(request.query ?? "")".utf8), sources: ["img-src 'self'"])
      case "/kept" where request.ifNoneMatch == "\"7\"": OpsPage(status: 304, contentType: "text/css", bytes: [], etag: "\"7\"")
      case "/kept": OpsPage(contentType: "text/css", bytes: [0x61], etag: "\"7\"", age: 3)
      default: nil
      }
    }
  }

  private func with(_ source: Source = Source(), hasPage: Bool = false, _ body: (Endpoint) async throws -> Void) async throws {
    let (ready, isReady) = AsyncStream.makeStream(of: Endpoint.self)
    let face = OpsFace(
      address: try #require(Endpoint("127.0.0.1:0")), source: source, pages: Pages(), tls: nil,
      rules: { OpsRules(hosts: ["depot.corp"], hasPage: hasPage) }, logger: Logger(label: "test"), onReady: { isReady.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await face.run() }
      defer { group.cancelAll() }
      for await address in ready {
        try await body(address)
        break
      }
    }
  }

  private func ask(_ address: Endpoint, _ line: String, host: String? = nil, _ fields: String...) async throws -> String {
    let head = [line + " HTTP/1.1", "Host: \(host ?? "\(address)")", "Connection: close"] + fields
    return try await RawHTTP.ask(address, head.joined(separator: "\r\n") + "\r\n\r\n")
  }

  private func status(_ answer: String) -> String { answer.split(separator: " ").dropFirst().first.map(String.init) ?? answer }
  private func body(_ answer: String) -> String { answer.components(separatedBy: "\r\n\r\n").dropFirst().joined() }

  @Test func `health, readiness and metrics are read`() async throws {
    let source = Source()
    try await with(source) { address async throws in
      let health = try await ask(address, "GET /healthz")
      #expect(status(health) == "200" && body(health) == "ok\n")
      let ready = try await ask(address, "GET /readyz?verbose")
      #expect(status(ready) == "200" && ready.contains("application/json"))
      #expect(try JSONDecoder().decode(ReadinessDocument.self, from: Data(body(ready).utf8)).ready)
      let metrics = try await ask(address, "GET /metrics")
      #expect(metrics.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8") && body(metrics) == "granary_x 1\n")
      source.isReady.withLock { $0 = false }
      source.missing.withLock { $0 = ["event loop 2"] }
      let notReady = try await ask(address, "GET /readyz")
      #expect(status(notReady) == "503")
      #expect(try JSONDecoder().decode(ReadinessDocument.self, from: Data(body(notReady).utf8)).ready == false)
      let unwell = try await ask(address, "GET /healthz")
      #expect(status(unwell) == "503" && body(unwell) == "no answer: event loop 2\n")
    }
  }

  @Test func `an answer to HEAD is its head`() async throws {
    try await with { address async throws in
      let answer = try await ask(address, "HEAD /metrics")
      #expect(status(answer) == "200" && answer.contains("Content-Length: 12") && body(answer).isEmpty)
    }
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
  func `nothing but GET and HEAD`(method: String) async throws {
    try await with { address async throws in
      let answer = try await ask(address, "\(method) /metrics", "Content-Length: 0")
      #expect(status(answer) == "405" && answer.contains("Allow: GET, HEAD"))
    }
  }

  @Test func `by another name, and from another site, nothing is said`() async throws {
    try await with { address async throws in
      for target in ["/metrics", "/healthz", "/readyz", "/"] {
        #expect(try await status(ask(address, "GET \(target)", host: "evil.example:\(address.port)")) == "421")
        #expect(try await status(ask(address, "GET \(target)", "Origin: https://evil.example")) == "403")
        #expect(try await status(ask(address, "GET \(target)", "Sec-Fetch-Site: cross-site")) == "403")
      }
      for host in ["localhost", "localhost:1", "depot.corp", "127.0.0.1"] {
        #expect(try await status(ask(address, "GET /metrics", host: host)) == "200")
      }
      #expect(try await status(RawHTTP.ask(address, "GET /metrics HTTP/1.0\r\nConnection: close\r\n\r\n")) == "421")
      #expect(try await status(RawHTTP.ask(address, "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n")) == "421")
      #expect(try await status(ask(address, "GET /metrics", "Sec-Fetch-Site: none", "Origin: http://\(address)")) == "200")
    }
  }

  @Test func `every answer forbids what a browser might do with it`() async throws {
    try await with { address async throws in
      for (line, fields) in [("GET /metrics", []), ("GET /nothing", []), ("POST /", ["Content-Length: 0"]), ("GET /", ["Origin: null"])] {
        let answer = try await ask(address, line, host: nil, fields.joined())
        let strict = [
          "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Referrer-Policy: no-referrer",
          "Cross-Origin-Resource-Policy: same-origin", "Cross-Origin-Opener-Policy: same-origin",
          "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ]
        for field in strict { #expect(answer.contains("\r\n\(field)\r\n"), "\(line): \(field)") }
      }
    }
  }

  @Test func `a page is there where the rules have one`() async throws {
    try await with { address async throws in
      #expect(try await status(ask(address, "GET /")) == "404")
    }
    try await with(hasPage: true) { address async throws in
      let page = try await ask(address, "GET /?a=b")
      #expect(status(page) == "200" && body(page) == "q=a=b" && page.contains("Content-Type: text/html"))
      let policy = "default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
      #expect(page.contains("Content-Security-Policy: \(policy)\r\n"))
      #expect(try await status(ask(address, "GET /nothing")) == "404")
      let kept = try await ask(address, "GET /kept")
      #expect(kept.contains("ETag: \"7\"\r\n") && kept.contains("Cache-Control: no-cache\r\n") && kept.contains("Age: 3\r\n"))
      #expect(kept.contains("script-src 'self'"))
      #expect(try await status(ask(address, "GET /kept", "If-None-Match: \"7\"")) == "304")
    }
  }
}
