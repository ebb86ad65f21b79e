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

/// The control interface over TCP, with tokens on loopback.
struct ControlFaceTests {
  private struct Rig {
    let node: StubNode
    let refusals: RefusalLog
    let address: Endpoint

    func client(_ token: String?) throws -> ControlClient {
      ControlClient(url: try HTTPURL("http://\(address)"), security: nil, token: token, group: MultiThreadedEventLoopGroup.singleton)
    }

    func status(_ line: String, _ fields: String...) async throws -> String {
      let head = [line + " HTTP/1.1", "Host: \(address)", "Connection: close"] + fields
      let answer = try await RawHTTP.ask(address, head.joined(separator: "\r\n") + "\r\n\r\n")
      return answer.split(separator: " ").dropFirst().first.map(String.init) ?? answer
    }
  }

  private final class RefusalLog: Sendable {
    let all = Mutex<[ControlFace.Refusal]>([])
  }

  private static let token = String(repeating: "a", count: 40)
  private static let reader = String(repeating: "b", count: 40)

  private func with(_ body: (Rig) async throws -> Void) async throws {
    let (ready, isReady) = AsyncStream.makeStream(of: Endpoint.self)
    let (node, refusals) = (StubNode(), RefusalLog())
    let tokens = ControlTokens([
      .init(name: "ci", token: Self.token, isReader: false), .init(name: "eyes", token: Self.reader, isReader: true),
    ])
    let face = ControlFace(
      address: try #require(Endpoint("127.0.0.1:0")), node: node, tls: nil, rules: { ControlRules(access: .tokens(tokens)) },
      refused: { refusal in refusals.all.withLock { $0.append(refusal) } }, logger: Logger(label: "test"),
      onReady: { isReady.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await face.run() }
      defer { group.cancelAll() }
      for await address in ready {
        try await body(Rig(node: node, refusals: refusals, address: address))
        break
      }
    }
  }

  @Test func `who has a token is known by its name`() async throws {
    try await with { rig async throws in
      let client = try rig.client(Self.token)
      #expect(try await client.status().node == "depot-01")
      #expect(try await client.pause(PauseOrder(what: "app", reason: "why")).message == "paused")
      #expect(try await client.resume("a b&c").message == "resumed")
      let limits = try await client.setLimits(LimitsOrder(set: [.init(name: .upload, rate: 5)], reset: [.download]))
      #expect(limits.limits.first?.name == .uploadPerArtifact && limits.schema == "granary.limits/1")
      #expect(
        rig.node.asked.first == "status" && rig.node.asked[1] == "pause app why by token ci"
          && rig.node.asked[2] == "resume a b&c by token ci")
      #expect(rig.refusals.all.withLock { $0.isEmpty })
    }
  }

  @Test func `data is sent in parts over one connection`() async throws {
    try await with { rig async throws in
      let client = try rig.client(Self.token)
      let begun = try await client.beginUpload(UploadOrder(torrent: "ZGU=", name: "app", labels: [:]))
      #expect(begun.pieces == "80" && begun.taken)
      for part in 0..<3 {
        let answer = try await client.send([UInt8](repeating: 7, count: 3 << 20), at: Int64(part) << 22, ofUpload: "app")
        #expect(answer.pieces == nil)
      }
      let parts = (0..<3).map { "part \($0 << 22) \(3 << 20) of app by token ci" }
      #expect(rig.node.asked == ["upload app by token ci"] + parts)
      let tooMuch = [UInt8](repeating: 0, count: UploadDocument.mostBytes + 1)
      await #expect(throws: (any Error).self) { try await client.send(tooMuch, at: 0, ofUpload: "app") }
      #expect(rig.node.asked.count == 4)
    }
  }

  @Test func `a reader changes nothing`() async throws {
    try await with { rig async throws in
      let client = try rig.client(Self.reader)
      _ = try await client.peers()
      var query = JournalQuery()
      (query.refused, query.peer, query.after, query.limit) = (true, "a b", 7, 9)
      #expect(try await client.journal(query).entries.isEmpty)
      let error = await #expect(throws: ErrorsDocument.self) { try await client.reload() }
      #expect(error?.errors.first?.code == 77)
      #expect(rig.node.asked == ["peers", "journal true a b - - 7 9"])
      let refusal = try #require(rig.refusals.all.withLock { $0.first })
      #expect(
        refusal.caller == .token("eyes") && refusal.reason == "it may ask, and change nothing" && refusal.address?.ip.isLoopback == true)
    }
  }

  @Test func `strangers learn nothing, whatever they ask for`() async throws {
    try await with { rig async throws in
      for call in ["GET /v1/status", "GET /v1/nothing", "GET /", "POST /v1/reload", "DELETE /v1/artifacts?what=a", "OPTIONS /v1/status"] {
        #expect(try await rig.status(call) == "401", "\(call)")
        #expect(try await rig.status(call, "Authorization: Bearer \(String(repeating: "c", count: 40))") == "401", "\(call)")
      }
      #expect(try await rig.status("GET /v1/status", "Authorization: Bearer \(Self.token)", "Origin: http://evil.example") == "403")
      #expect(try await rig.status("GET /v1/status", "Authorization: Bearer \(Self.token)", "Sec-Fetch-Site: none") == "403")
      #expect(rig.node.asked.isEmpty)
      #expect(try await rig.status("GET /v1/status", "Authorization: Bearer \(Self.token)") == "200")
      #expect(try await rig.status("GET /v1/nothing", "Authorization: Bearer \(Self.token)") == "404")
    }
  }

  @Test func `what can be done on the node's machine alone is for the socket`() async throws {
    try await with { rig async throws in
      #expect(try await rig.status("POST /v1/artifacts", "Authorization: Bearer \(Self.token)", "Content-Length: 0") == "404")
      #expect(try await rig.status("POST /v1/handover", "Authorization: Bearer \(Self.token)", "Content-Length: 0") == "404")
      #expect(try await rig.status("GET /v1/journal?limit=0", "Authorization: Bearer \(Self.token)") == "422")
    }
  }
}
