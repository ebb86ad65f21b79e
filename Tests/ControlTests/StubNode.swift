import Foundation
import Metainfo
import NIOCore
import Synchronization

@testable import Control

/// A node that remembers what it was asked and answers from a script.
final class StubNode: NodeControl {
  private let state = Mutex<(asked: [String], error: (any Error & Sendable)?)>(([], nil))

  var asked: [String] { state.withLock { $0.asked } }
  func fail(with error: any Error & Sendable) { state.withLock { $0.error = error } }

  private func ask(_ what: String) throws {
    try state.withLock { state in
      state.asked.append(what)
      if let error = state.error { throw error }
    }
  }

  func status() async throws -> StatusDocument {
    try ask("status")
    return StatusDocument(
      ready: true, node: "depot-01", pid: 42, version: "1", uptime: 7, listeners: [.init(address: "127.0.0.1", port: 6_881, tls: nil)],
      artifacts: 3, serving: 2, peers: 5, uploaded: 1 << 40, downloaded: 1 << 30, policyGeneration: 9,
      trackers: [.init(artifact: "app", url: "http://t/announce", state: "ok", detail: nil)],
      plugins: [
        .init(
          name: "gate", state: .tripped, onError: "deny", trippedAt: "2026-11-23T12:00:00Z", reason: "too much",
          calls: ["on_request": .max],
          faults: [:], late: [:], nanoseconds: ["judge": 7])
      ], limits: ["throttled_batches": 3], warnings: ["mind the gap"])
  }

  func peers() async throws -> PeersDocument {
    try ask("peers")
    return PeersDocument(peers: [
      .init(
        number: .max, address: "[fd00::1]:50000", direction: "inbound", phase: "active", principal: "fd00::1", tls: nil, client: "x\"y",
        artifact: nil,
        infoHash: nil, choked: true, interested: false, uploaded: 0, downloaded: 0, queued: 1, pieces: 2, age: 1.5)
    ])
  }

  func why(peer: String, artifact: String, operation: String?) async throws -> WhyDocument {
    try ask("why \(peer) \(artifact) \(operation ?? "-")")
    return WhyDocument(
      peer: peer, artifact: artifact, operation: operation ?? "request", verdict: "deny", plugin: nil, rule: nil, reason: "because",
      place: nil, policyGeneration: 1,
      answers: [.init(operation: "request", plugin: "gate", verdict: "deny", rule: "r", reason: "because", place: "f:1:1", scope: nil)])
  }

  func submit(_ submission: Submission, by caller: ControlCaller) async throws -> ChangeDocument {
    try ask("submit \(submission.name) \(submission.torrent.count) by \(caller)")
    return ChangeDocument(message: "added \(submission.name)", warnings: ["one"])
  }

  private static let fetch = FetchDocument(
    name: "app", infoHashV1: "ab", infoHashV2: nil, state: "fetching", reason: nil, data: "/srv", size: 100, left: 40, piecesHeld: 3,
    pieces: 5,
    downloaded: 60, wasted: 1, failedPieces: 0, peers: 2, serving: 1)

  func fetch(_ submission: FetchSubmission, by caller: ControlCaller) async throws -> FetchDocument {
    try ask("fetch \(submission.root) \(submission.peers) by \(caller)")
    return Self.fetch
  }

  func fetches(_ what: String?) async throws -> FetchesDocument {
    try ask("fetches \(what ?? "-")")
    return FetchesDocument(fetches: [Self.fetch])
  }

  func remove(_ what: String, by caller: ControlCaller) async throws -> ChangeDocument {
    try ask("remove \(what) by \(caller)")
    return ChangeDocument(message: "removed")
  }

  func artifacts(_ what: String?) async throws -> ListDocument {
    try ask("artifacts \(what ?? "-")")
    return ListDocument(artifacts: [])
  }

  func journal(_ query: JournalQuery) async throws -> JournalDocument {
    let texts = [query.peer, query.artifact, query.since].map { $0 ?? "-" }.joined(separator: " ")
    try ask("journal \(query.refused) \(texts) \(query.after.map(String.init) ?? "-") \(query.limit)")
    return JournalDocument(entries: [])
  }

  func beginUpload(_ order: UploadOrder, by caller: ControlCaller) async throws -> UploadDocument {
    try ask("upload \(order.name) by \(caller)")
    return UploadDocument(fetch: Self.fetch, pieces: "80", taken: true)
  }

  func upload(_ what: String) async throws -> UploadDocument {
    try ask("upload \(what)")
    return UploadDocument(fetch: Self.fetch, pieces: "80", taken: true)
  }

  func take(_ bytes: ByteBuffer, at offset: Int64, ofUpload what: String, by caller: ControlCaller) async throws -> UploadDocument {
    try ask("part \(offset) \(bytes.readableBytes) of \(what) by \(caller)")
    return UploadDocument(fetch: Self.fetch, pieces: nil, taken: true)
  }

  func pause(_ order: PauseOrder, by caller: ControlCaller) async throws -> ChangeDocument {
    try ask("pause \(order.what) \(order.reason ?? "-") by \(caller)")
    return ChangeDocument(message: "paused")
  }

  func resume(_ what: String, by caller: ControlCaller) async throws -> ChangeDocument {
    try ask("resume \(what) by \(caller)")
    return ChangeDocument(message: "resumed")
  }

  private static let limits = LimitsDocument(limits: [.init(name: .uploadPerArtifact, rate: nil, configured: 5, overridden: true)])

  func limits() async throws -> LimitsDocument {
    try ask("limits")
    return Self.limits
  }

  func setLimits(_ order: LimitsOrder, by caller: ControlCaller) async throws -> LimitsDocument {
    try ask("limits \(order.set ?? []) \(order.reset ?? []) by \(caller)")
    return Self.limits
  }

  func reload(by caller: ControlCaller) async throws -> ChangeDocument {
    try ask("reload by \(caller)")
    return ChangeDocument(message: "reloaded")
  }

  func notify(_ order: NoticeOrder, by caller: ControlCaller) async throws -> NotifyDocument {
    try ask("notify \(order.what) \(order.kind.rawValue) \(order.successor ?? "-") by \(caller)")
    let notice = NoticeDocument(
      kind: order.kind.rawValue, sequence: 7, issued: "2026-11-23T12:00:00Z", until: "2027-02-21T12:00:00Z", signer: "this node", key: "ab",
      ours: true, summary: "withdrawn")
    return NotifyDocument(artifact: order.what, infoHash: "cd", notice: notice, warnings: [])
  }

  private var approval: ApprovalDocument {
    ApprovalDocument(
      WishDocument(id: "0123456789ab", principal: "fleet/spiffe://corp/edge/7", artifact: "app", infoHash: "cd"), operations: ["connect"],
      by: "uid 0", reason: "r", at: "2026-11-23T12:00:00.000Z", until: "2026-11-24T12:00:00.000Z")
  }

  func approve(_ order: WishOrder, by caller: ControlCaller) async throws -> ApprovalChangeDocument {
    try ask("approve \(order.id) \(order.milliseconds) \(order.reason) \(order.operations ?? []) by \(caller)")
    return ApprovalChangeDocument("approved", approval)
  }

  func revokeApproval(_ id: String, by caller: ControlCaller) async throws -> ApprovalChangeDocument {
    try ask("revoke \(id) by \(caller)")
    return ApprovalChangeDocument("revoked", approval, warnings: ["one"])
  }

  func reject(_ order: WishOrder, by caller: ControlCaller) async throws -> RejectionDocument {
    try ask("reject \(order.id) \(order.milliseconds) \(order.reason) by \(caller)")
    return RejectionDocument(
      wish: WishDocument(id: "0123456789ab", principal: "p", artifact: nil, infoHash: nil), until: "2026-11-24T12:00:00.000Z")
  }

  func handOver(_ order: HandoverOrder, by caller: ControlCaller) async throws -> ChangeDocument { ChangeDocument(message: order.socket) }
  func messages() async throws -> MessagesDocument {
    try ask("messages")
    return MessagesDocument(
      notices: [], received: [.init(name: "corp_hello", principal: "p", at: "2026-11-23T12:00:00Z", infoHash: "cd", body: ["v": "1"])])
  }

  func flush() async throws -> ChangeDocument {
    try ask("flush")
    return ChangeDocument(message: "stored")
  }
}
