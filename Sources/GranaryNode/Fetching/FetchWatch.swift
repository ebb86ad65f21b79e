import Control

/// Begins a fetch and looks on until its end.
struct FetchWatch: Sendable {
  /// Gives up after so long; nil: never.
  let limit: Duration?
  /// Serves on for so long after the end.
  let seeding: Duration
  let onProgress: @Sendable (FetchDocument) -> Void

  private static let interval = Duration.milliseconds(200)

  /// Returns the artifact when it is complete and was served for as long as it was to be.
  ///
  /// - Throws: `Failure` where the fetch fails, or is not at its end in time: what is there stays for the next time.
  func follow(
    _ begin: @Sendable () async throws -> FetchDocument, _ look: @Sendable (FetchDocument) async throws -> FetchDocument
  ) async throws -> FetchDocument {
    let began = ContinuousClock.now
    var document = try await begin()
    while document.state != "ready" {
      guard ["metadata", "fetching", "finishing"].contains(document.state) else {
        let status = document.code.flatMap(ExitStatus.init(rawValue:)) ?? (document.state == "paused" ? .unavailable : .diskIO)
        throw Failure(status, "\(document.name): \(document.state): \(document.reason ?? "")")
      }
      if let limit, ContinuousClock.now - began >= limit { throw Self.late(document, limit) }
      onProgress(document)
      try await Task.sleep(for: Self.interval)
      document = try await look(document)
    }
    onProgress(document)
    if seeding > .zero { try await Task.sleep(for: seeding) }
    return document
  }

  private static func late(_ document: FetchDocument, _ limit: Duration) -> Failure {
    let reason = document.reason.map { "; \($0)" } ?? ""
    let peers = document.peers == 0 ? "no peer has been of use" : "\(document.serving) of \(document.peers) peers serve us"
    return Failure(
      .unavailable,
      "\(document.name) is not complete after \(limit): \(document.piecesHeld) of \(document.pieces) pieces; \(peers)\(reason)")
  }
}
