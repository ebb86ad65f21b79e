import Foundation
import HTTPClient
import NIOCore

/// Asks a running node through its control interface.
package struct ControlClient: Sendable {
  /// Where it is asked.
  private enum Place: Sendable {
    case socket(String)
    /// Up to its path, which is empty.
    case server(HTTPURL, token: String?)
  }

  private let place: Place
  private let client: HTTPClient
  /// Keeps its connection, for what is sent in many parts.
  private let session: HTTPSession
  private static let limits = HTTPLimits(body: 256 << 20, redirects: 0)

  /// A client for the socket at `path`.
  package init(path: String, group: any EventLoopGroup) {
    (place, client, session) = (.socket(path), HTTPClient(group: group), HTTPSession(group: group))
  }

  /// A client for a node elsewhere.
  ///
  /// - Parameters:
  ///   - url: scheme, host and port; its path is left out.
  ///   - security: for `https`.
  ///   - token: what proves who asks, where the link does not.
  package init(url: HTTPURL, security: HTTPSecurity?, token: String? = nil, group: any EventLoopGroup) {
    (place, client) = (.server(url, token: token), HTTPClient(group: group, security: security, mayFollow: { _ in false }))
    session = HTTPSession(group: group, security: security, stall: .minutes(2), mayFollow: { _ in false })
  }

  package func status() async throws -> StatusDocument { try await ask(.get, "status") }
  package func peers() async throws -> PeersDocument { try await ask(.get, "peers") }
  package func artifacts(_ what: String? = nil) async throws -> ListDocument { try await ask(.get, "artifacts", [("what", what)]) }
  package func journal(_ query: JournalQuery) async throws -> JournalDocument { try await ask(.get, "journal", query.parameters) }
  package func why(peer: String, artifact: String, operation: String?) async throws -> WhyDocument {
    try await ask(.get, "why", [("peer", peer), ("artifact", artifact), ("operation", operation)])
  }
  package func submit(_ submission: Submission) async throws -> ChangeDocument { try await ask(.post, "artifacts", body: submission) }
  package func remove(_ what: String) async throws -> ChangeDocument { try await ask(.delete, "artifacts", [("what", what)]) }
  package func fetch(_ submission: FetchSubmission) async throws -> FetchDocument { try await ask(.post, "fetches", body: submission) }
  package func fetches(_ what: String? = nil) async throws -> FetchesDocument { try await ask(.get, "fetches", [("what", what)]) }
  package func beginUpload(_ order: UploadOrder) async throws -> UploadDocument { try await ask(.post, "uploads", body: order) }
  package func upload(_ what: String) async throws -> UploadDocument { try await ask(.get, "uploads", [("what", what)]) }
  /// At most `UploadDocument.mostBytes`, from `offset` of the torrent's data on.
  package func send(_ bytes: [UInt8], at offset: Int64, ofUpload what: String) async throws -> UploadDocument {
    try await ask(.put, "uploads", [("what", what), ("offset", String(offset))], bytes: bytes, type: "application/octet-stream")
  }
  package func pause(_ order: PauseOrder) async throws -> ChangeDocument { try await ask(.post, "pauses", body: order) }
  package func resume(_ what: String) async throws -> ChangeDocument { try await ask(.delete, "pauses", [("what", what)]) }
  package func limits() async throws -> LimitsDocument { try await ask(.get, "limits") }
  package func setLimits(_ order: LimitsOrder) async throws -> LimitsDocument { try await ask(.post, "limits", body: order) }
  package func reload() async throws -> ChangeDocument { try await ask(.post, "reload", bytes: []) }
  package func notify(_ order: NoticeOrder) async throws -> NotifyDocument { try await ask(.post, "notices", body: order) }
  package func approve(_ order: WishOrder) async throws -> ApprovalChangeDocument { try await ask(.post, "approvals", body: order) }
  package func revokeApproval(_ id: String) async throws -> ApprovalChangeDocument { try await ask(.delete, "approvals", [("id", id)]) }
  package func reject(_ order: WishOrder) async throws -> RejectionDocument { try await ask(.post, "rejections", body: order) }
  package func handOver(_ order: HandoverOrder) async throws -> ChangeDocument { try await ask(.post, "handover", body: order) }
  package func messages() async throws -> MessagesDocument { try await ask(.get, "messages") }
  package func flush() async throws -> ChangeDocument { try await ask(.post, "flush", bytes: []) }

  private func ask<Answer: Decodable>(
    _ method: HTTPRequest.Method, _ call: String, _ parameters: [(String, String?)] = [], body: some Encodable
  ) async throws -> Answer {
    try await ask(method, call, parameters, bytes: Array(DocumentEncoder.encode(body)))
  }

  private func ask<Answer: Decodable>(
    _ method: HTTPRequest.Method, _ call: String, _ parameters: [(String, String?)] = [], bytes: [UInt8]? = nil,
    type: String = "application/json"
  ) async throws -> Answer {
    let request = request(method, "/v1/\(call)", query(parameters), bytes, type)
    let response = try await answer(to: request)
    let data = Data(response.bytes)
    guard response.status == 200 else { throw Self.problem(response.status, data) }
    return try JSONDecoder().decode(Answer.self, from: data)
  }

  private func answer(to request: HTTPRequest) async throws -> HTTPResponse {
    guard case .server = place, request.method == .put else {
      return try await client.send(request, limits: Self.limits, deadline: .now() + .seconds(60))
    }
    return try await session.send(request, limits: Self.limits, deadline: .now() + .minutes(5))
  }

  private func request(
    _ method: HTTPRequest.Method, _ path: String, _ query: String, _ body: [UInt8]?, _ type: String
  ) -> HTTPRequest {
    var fields: HTTPFields = body == nil ? [:] : ["Content-Type": type]
    switch place {
    case .socket(let socket):
      let target = query.isEmpty ? path : "\(path)?\(query)"
      return HTTPRequest(method: method, to: .unixSocket(path: socket, target: target), fields: fields, body: body)
    case .server(let url, let token):
      if let token { fields.add(name: "Authorization", value: "Bearer \(token)") }
      return HTTPRequest(
        method: method, to: .url(url.replacing(path: path, query: query.isEmpty ? nil : query)), fields: fields, body: body)
    }
  }

  private static func problem(_ status: Int, _ data: Data) -> ErrorsDocument {
    if [401, 403, 421].contains(status) {
      let message = "the node does not let us ask this (HTTP status \(status)); its journal says why"
      return ErrorsDocument(errors: [.init(code: 77, message: message)])
    }
    return (try? JSONDecoder().decode(ErrorsDocument.self, from: data))
      ?? ErrorsDocument(errors: [.init(code: 70, message: "the node answered with HTTP status \(status)")])
  }

  private func query(_ items: [(String, String?)]) -> String {
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    return items.compactMap { name, value in
      value.map { "\(name)=\($0.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")" }
    }.joined(separator: "&")
  }
}
