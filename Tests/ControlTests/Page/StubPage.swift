import Synchronization

@testable import Control

/// A node whose documents are made when the test says so.
final class StubPage: PageSource {
  private struct State {
    var asked: [String] = []
    var isHeld = false
    var held: [CheckedContinuation<Void, Never>] = []
    var problem: ErrorsDocument?
    var node = "depot-01"
  }

  private let state = Mutex(State())

  var asked: [String] { state.withLock { $0.asked } }
  /// From now on nothing is answered, as by a disk that hangs.
  func hold() { state.withLock { $0.isHeld = true } }
  func release() {
    let held = state.withLock { state in
      defer { (state.isHeld, state.held) = (false, []) }
      return state.held
    }
    for continuation in held { continuation.resume() }
  }
  func fail(_ problem: ErrorsDocument?) { state.withLock { $0.problem = problem } }
  func name(_ node: String) { state.withLock { $0.node = node } }

  private func ask(_ what: String) async throws {
    await withCheckedContinuation { continuation in
      let isHeld = state.withLock { state in
        state.asked.append(what)
        if state.isHeld { state.held.append(continuation) }
        return state.isHeld
      }
      if !isHeld { continuation.resume() }
    }
    if let problem = state.withLock({ $0.problem }) { throw problem }
  }

  func overview() async throws -> PageDocument {
    try await ask("overview")
    return PageDocument(
      ready: true, checks: [.init("running", ok: true, required: true, reason: "it runs")], node: state.withLock { $0.node }, version: "1",
      pid: 42, startedAt: "2026-11-23T12:00:00.000Z", policyGeneration: 3,
      connections: 1,
      serving: 2, uploaded: 3, downloaded: 4, up: 5, down: nil)
  }

  func services() async throws -> PageServicesDocument {
    try await ask("services")
    return PageServicesDocument(try await StubNode().status())
  }

  func throughput(_ span: ThroughputRing.Span) async throws -> ThroughputDocument {
    try await ask("throughput \(span)")
    return ThroughputDocument(span: span.rawValue, step: 2, up: [1, nil], down: [0, nil])
  }

  func artifacts(_ query: ArtifactsQuery) async throws -> PageArtifactsDocument {
    try await ask("artifacts \(query.text) \(query.state ?? "-") \(query.order) \(query.offset)")
    return PageArtifactsDocument(states: [:], total: 0, offset: query.offset, artifacts: [])
  }

  func artifact(_ infoHash: String) async throws -> PageArtifactDocument? {
    try await ask("artifact \(infoHash.prefix(4))")
    return nil
  }

  func peers(_ query: PeersQuery) async throws -> PagePeersDocument {
    try await ask("peers \(query.text) \(query.order) \(query.offset)")
    return PagePeersDocument([], query)
  }

  func refusals() async throws -> PageRefusalsDocument {
    try await ask("refusals")
    return PageRefusalsDocument(latest: [], reasons: [], rows: 0, since: nil)
  }

  func runs() async throws -> PageRunsDocument {
    try await ask("runs")
    return PageRunsDocument(runs: [])
  }
}
