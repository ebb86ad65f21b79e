import NIOCore

/// One announce over several addresses at a time. It has succeeded if one of them did; the others are then waited for only so long, since
/// a host may have an address that leads nowhere from here.
struct FamilyRace: Sendable {
  let grace: Duration

  private enum Outcome: Sendable {
    case answered(AnnounceResponse)
    case failed(TrackerError)
    case graceIsOver
  }

  func run(
    _ trackers: [SocketAddress], _ announce: @escaping @Sendable (SocketAddress) async throws(TrackerError) -> AnnounceResponse
  ) async throws(TrackerError) -> AnnounceResponse {
    let result = await withTaskGroup(of: Outcome.self, returning: Result<AnnounceResponse, TrackerError>.self) { group in
      for tracker in trackers {
        group.addTask { await Self.outcome(of: tracker, announce) }
      }
      return await gather(&group, count: trackers.count)
    }
    return try result.get()
  }

  private func gather(_ group: inout TaskGroup<Outcome>, count: Int) async -> Result<AnnounceResponse, TrackerError> {
    var answer: AnnounceResponse?
    var errors: [TrackerError] = []
    var waiting = count
    while waiting > 0, let outcome = await group.next() {
      switch outcome {
      case .graceIsOver:
        waiting = 0
      case .failed(let error):
        waiting -= 1
        errors.append(error)
      case .answered(let response):
        waiting -= 1
        if answer == nil, waiting > 0 { group.addTask { await sleep() } }
        answer = answer?.merged(with: response) ?? response
      }
    }
    group.cancelAll()
    return answer.map { .success($0) } ?? .failure(Self.worst(errors))
  }

  private func sleep() async -> Outcome {
    try? await Task.sleep(for: grace)
    return .graceIsOver
  }

  private static func outcome(
    of tracker: SocketAddress, _ announce: (SocketAddress) async throws(TrackerError) -> AnnounceResponse
  ) async -> Outcome {
    do throws(TrackerError) {
      return .answered(try await announce(tracker))
    } catch {
      return .failed(error)
    }
  }

  /// A tracker's own words say more than a broken connection.
  private static func worst(_ errors: [TrackerError]) -> TrackerError {
    let refusal = errors.first { if case .refused = $0 { true } else { false } }
    return refusal ?? errors.first ?? .cancelled
  }
}
