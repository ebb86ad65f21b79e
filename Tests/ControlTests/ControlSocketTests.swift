import Foundation
import Glibc
import HTTPClient
import Metainfo
import NIOPosix
import TestSupport
import Testing

@testable import Control

/// Client and server over a real Unix socket.
struct ControlSocketTests {
  private struct Broken: Error, CustomStringConvertible { let description = "broken" }

  private let submission = Submission(
    torrent: "ZGU=", torrentPath: nil, name: "app", root: "/srv", paths: [["a"], []],
    identities: [Submission.Identity(FileIdentity(device: .max, inode: 2, size: 3, modified: -4, changed: 5)), nil], pieces: "80",
    labels: ["k": "v"], isPublished: true, problem: nil)

  @Test
  func everyCallReachesTheNodeAndItsAnswerComesBack() async throws {
    try await ControlRig.run { rig async throws in
      let status = try await rig.client.status()
      #expect(status.ready && status.node == "depot-01" && status.uploaded == 1 << 40 && status.schema == "granary.status/1")
      #expect(status.listeners.first?.port == 6_881 && status.plugins.first?.calls["on_request"] == .max)
      #expect(status.trackers.first?.detail == nil && status.warnings == ["mind the gap"])
      let peer = try #require(try await rig.client.peers().peers.first)
      #expect(peer.number == .max && peer.client == "x\"y" && peer.age == 1.5)
      let change = try await rig.client.submit(submission)
      #expect(change.message == "added app" && change.warnings == ["one"])
      #expect(try await rig.client.reload().message == "reloaded")
      #expect(try await rig.client.flush().message == "stored")
      let uid = "uid \(getuid())"
      #expect(rig.node.asked == ["status", "peers", "submit app 4 by \(uid)", "reload by \(uid)", "flush"])
    }
  }

  @Test
  func noticesAndWhatPeersHaveToldGoThrough() async throws {
    try await ControlRig.run { rig async throws in
      var order = NoticeOrder(what: "app", kind: .superseded)
      order.successor = "app-2"
      let answer = try await rig.client.notify(order)
      #expect(answer.schema == "granary.notify/1" && answer.artifact == "app" && answer.infoHash == "cd" && answer.notice.sequence == 7)
      let told = try await rig.client.messages()
      #expect(told.schema == "granary.messages/1" && told.notices.isEmpty && told.received.first?.body == ["v": "1"])
      #expect(rig.node.asked == ["notify app superseded app-2 by uid \(getuid())", "messages"])
      for body in ["{", "{\"what\":\"app\",\"kind\":\"delete\"}"] {
        #expect(try await rig.send(.post, "/v1/notices", body: Array(body.utf8)).status == 400)
      }
    }
  }

  @Test
  func answersToPeersThatWaitGoThrough() async throws {
    try await ControlRig.run { rig async throws in
      var order = WishOrder(id: "0123", milliseconds: 86_400_000, reason: "a drill")
      order.operations = ["connect", "request"]
      let approved = try await rig.client.approve(order)
      #expect(approved.schema == "granary.pending-approval/1" && approved.change == "approved" && approved.approval.by == "uid 0")
      #expect(try await rig.client.revokeApproval("01 &2").warnings == ["one"])
      #expect(try await rig.client.reject(WishOrder(id: "0123", milliseconds: 5, reason: "no")).wish.artifact == nil)
      let uid = "uid \(getuid())"
      let asked = [
        "approve 0123 86400000 a drill [\"connect\", \"request\"] by \(uid)", "revoke 01 &2 by \(uid)", "reject 0123 5 no by \(uid)",
      ]
      #expect(rig.node.asked == asked)
      #expect(try await rig.send(.post, "/v1/approvals", body: Array("{}".utf8)).status == 400)
      #expect(rig.node.asked == asked)
    }
  }

  @Test
  func textInQueriesArrivesAsItWas() async throws {
    try await ControlRig.run { rig async throws in
      let odd = "a b&c=d%20/ü?#+;"
      let why = try await rig.client.why(peer: "[fd00::1]:1", artifact: odd, operation: nil)
      #expect(why.artifact == odd && why.peer == "[fd00::1]:1" && why.answers.first?.place == "f:1:1")
      _ = try await rig.client.why(peer: "10.0.0.1", artifact: "x", operation: "metadata")
      _ = try await rig.client.remove(odd)
      #expect(rig.node.asked == ["why [fd00::1]:1 \(odd) -", "why 10.0.0.1 x metadata", "remove \(odd) by uid \(getuid())"])
    }
  }

  @Test
  func whatTheNodeThrowsIsTheClientsError() async throws {
    try await ControlRig.run { rig async throws in
      rig.node.fail(with: ErrorsDocument(errors: [.init(code: 66, message: "no such artifact", place: "here")]))
      let errors = await #expect(throws: ErrorsDocument.self) { try await rig.client.remove("x") }
      #expect(errors?.errors == [.init(code: 66, message: "no such artifact", place: "here")])
      rig.node.fail(with: Broken())
      let broken = await #expect(throws: ErrorsDocument.self) { try await rig.client.status() }
      #expect(broken?.errors == [.init(code: 70, message: "broken")])
    }
  }

  @Test
  func malformedRequestsGetAnErrorsDocument() async throws {
    try await ControlRig.run { rig async throws in
      for (body, status) in [("{", 400), ("[]", 400), ("{\"name\":1}", 400)] {
        let answer = try await rig.send(.post, "/v1/artifacts", body: Array(body.utf8))
        #expect(answer.status == status)
        #expect(try JSONDecoder().decode(ErrorsDocument.self, from: Data(answer.text.utf8)).errors.first?.code == 65)
      }
      let unknown = try await rig.send(.get, "/v2/nothing")
      #expect(unknown.status == 404)
      #expect(rig.node.asked.isEmpty)
    }
  }

  @Test
  func theSocketIsItsOwnersAloneAndGoesWithTheServer() async throws {
    let path = try await withoutServer()
    #expect(access(path, F_OK) != 0)
  }

  private func withoutServer() async throws -> String {
    let kept = PathBox()
    try await ControlRig.run { rig async throws in
      var status = stat()
      try #require(stat(rig.path, &status) == 0)
      #expect(status.st_mode & S_IFMT == S_IFSOCK)
      #expect(status.st_mode & 0o777 == 0o600)
      await kept.set(rig.path)
    }
    return await kept.path
  }

  private actor PathBox {
    var path = ""
    func set(_ path: String) { self.path = path }
  }

  @Test
  func aNodeThatIsNotThereIsAnError() async throws {
    let folder = try TemporaryDirectory("control")
    let client = ControlClient(path: folder.path("nobody.sock"), group: MultiThreadedEventLoopGroup.singleton)
    await #expect(throws: (any Error).self) { try await client.status() }
  }
}
