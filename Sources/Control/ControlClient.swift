import Foundation
import HTTPClient
import NIOCore

/// Asks a running node through its control socket.
package struct ControlClient: Sendable {
  private let path: String
  private let client: HTTPClient
  private static let limits = HTTPLimits(body: 256 << 20)

  /// A client for the socket at `path`.
  package init(path: String, group: any EventLoopGroup) {
    self.path = path
    client = HTTPClient(group: group)
  }

  package func status() async throws -> StatusDocument { try await ask(.get, "/v1/status") }
  package func peers() async throws -> PeersDocument { try await ask(.get, "/v1/peers") }
  package func why(peer: String, artifact: String, operation: String?) async throws -> WhyDocument {
    try await ask(.get, "/v1/why?" + query([("peer", peer), ("artifact", artifact), ("operation", operation)]))
  }
  package func submit(_ submission: Submission) async throws -> ChangeDocument {
    try await ask(.post, "/v1/artifacts", body: Array(DocumentEncoder.encode(submission)))
  }
  package func fetch(_ submission: FetchSubmission) async throws -> FetchDocument {
    try await ask(.post, "/v1/fetches", body: Array(DocumentEncoder.encode(submission)))
  }
  package func fetches(_ what: String? = nil) async throws -> FetchesDocument {
    try await ask(.get, "/v1/fetches?" + query([("what", what)]))
  }
  package func remove(_ what: String) async throws -> ChangeDocument {
    try await ask(.delete, "/v1/artifacts?" + query([("what", what)]))
  }
  package func reload() async throws -> ChangeDocument { try await ask(.post, "/v1/reload", body: []) }
  package func notify(_ order: NoticeOrder) async throws -> NotifyDocument {
    try await ask(.post, "/v1/notices", body: Array(DocumentEncoder.encode(order)))
  }
  package func approve(_ order: WishOrder) async throws -> ApprovalChangeDocument {
    try await ask(.post, "/v1/approvals", body: Array(DocumentEncoder.encode(order)))
  }
  package func revokeApproval(_ id: String) async throws -> ApprovalChangeDocument {
    try await ask(.delete, "/v1/approvals?" + query([("id", id)]))
  }
  package func reject(_ order: WishOrder) async throws -> RejectionDocument {
    try await ask(.post, "/v1/rejections", body: Array(DocumentEncoder.encode(order)))
  }
  package func handOver(_ order: HandoverOrder) async throws -> ChangeDocument {
    try await ask(.post, "/v1/handover", body: Array(DocumentEncoder.encode(order)))
  }
  package func messages() async throws -> MessagesDocument { try await ask(.get, "/v1/messages") }
  package func flush() async throws -> ChangeDocument { try await ask(.post, "/v1/flush", body: []) }

  private func ask<Answer: Decodable>(_ method: HTTPRequest.Method, _ target: String, body: [UInt8]? = nil) async throws -> Answer {
    let request = HTTPRequest(method: method, unixSocket: path, target: target, json: body)
    let response = try await client.send(request, limits: Self.limits, deadline: .now() + .seconds(60))
    let data = Data(response.bytes)
    guard response.status == 200 else {
      throw (try? JSONDecoder().decode(ErrorsDocument.self, from: data))
        ?? ErrorsDocument(errors: [.init(code: 70, message: "the node answered with HTTP status \(response.status)")])
    }
    return try JSONDecoder().decode(Answer.self, from: data)
  }

  private func query(_ items: [(String, String?)]) -> String {
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    return items.compactMap { name, value in
      value.map { "\(name)=\($0.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")" }
    }.joined(separator: "&")
  }
}
