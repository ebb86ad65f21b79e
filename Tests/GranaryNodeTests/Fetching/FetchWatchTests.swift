import Control
import Synchronization
import Testing

@testable import GranaryNode

struct FetchWatchTests {
  private static func document(_ state: String, reason: String? = nil, code: Int32? = nil) -> FetchDocument {
    var document = FetchDocument(
      name: "app", infoHashV1: nil, infoHashV2: nil, state: state, reason: reason, data: "/data", size: 10, left: 5, piecesHeld: 1,
      pieces: 2)
    document.code = code
    return document
  }

  private func follow(_ documents: [FetchDocument], within limit: Duration? = nil, _ seen: @escaping @Sendable (String) -> Void = { _ in })
    async throws -> FetchDocument
  {
    let rest = Mutex(documents.dropFirst())
    let watch = FetchWatch(limit: limit, seeding: .zero) { seen($0.state) }
    return try await watch.follow {
      documents[0]
    } _: { last in
      rest.withLock { $0.popFirst() } ?? last
    }
  }

  @Test func `It looks on until the artifact is ready`() async throws {
    let seen = Mutex<[String]>([])
    let states = ["metadata", "fetching", "finishing", "ready"]
    let end = try await follow(states.map { Self.document($0) }) { state in seen.withLock { $0.append(state) } }
    #expect(end.state == "ready" && seen.withLock { $0 } == states)
  }

  @Test(arguments: [
    (Self.document("failed", reason: "something else", code: 73), GranaryNode.ExitStatus.cannotCreate),
    (Self.document("failed", reason: "no disk", code: 74), .diskIO), (Self.document("failed"), .diskIO),
    (Self.document("gone", code: 1_000), .diskIO),
  ])
  func `The exit code says what has failed`(end: FetchDocument, status: GranaryNode.ExitStatus) async throws {
    let failure = await #expect(throws: Failure.self) { try await follow([Self.document("fetching"), end]) }
    #expect(failure?.status == status && failure?.lines.first?.message.contains(end.reason ?? "") == true)
  }

  @Test func `What is not complete in time is told with how far it is`() async throws {
    let failure = await #expect(throws: Failure.self) {
      try await follow([Self.document("fetching", reason: "the disk is full")], within: .zero)
    }
    #expect(failure?.status == .unavailable)
    let message = try #require(failure?.lines.first?.message)
    #expect(message.contains("1 of 2 pieces") && message.contains("no peer has been of use") && message.contains("the disk is full"))
  }
}
