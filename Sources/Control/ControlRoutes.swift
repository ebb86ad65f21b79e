import Foundation
import Hummingbird
import HummingbirdCore
import NIOCore

/// The control interface, version 1: each call of `NodeControl` as a request with JSON. deploy/README.md documents it for others.
enum ControlRoutes {
  typealias API = RouterGroup<ControlContext>

  /// For the socket: all of it.
  static func local(_ node: any NodeControl) -> Router<ControlContext> {
    let router = router(node, OwnerMiddleware())
    let api = router.group("v1")
    api.post("handover") { request, context in try respond(await node.handOver(try await body(of: request), by: context.caller)) }
    // Who says what files were when it read them has to have been where they are.
    api.post("artifacts") { request, context in
      try respond(await node.submit(try await body(of: request, upTo: largestBody), by: context.caller))
    }
    return router
  }

  /// For other machines, without what can be done from this one alone.
  static func remote(_ node: any NodeControl, _ gate: CallerMiddleware) -> Router<ControlContext> { router(node, gate) }

  private static func router(_ node: any NodeControl, _ gate: some RouterMiddleware<ControlContext>) -> Router<ControlContext> {
    let router = Router(context: ControlContext.self)
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: gate)
    let api = router.group("v1")
    addLooks(to: api, node)
    addArtifacts(to: api, node)
    addOperations(to: api, node)
    addWishes(to: api, node)
    addFetches(to: api, node)
    return router
  }

  /// What changes nothing.
  private static func addLooks(to api: API, _ node: any NodeControl) {
    api.get("status") { _, _ in try respond(await node.status()) }
    api.get("peers") { _, _ in try respond(await node.peers()) }
    api.get("why") { request, _ in
      let artifact = parameter("artifact", request) ?? ""
      return try respond(
        await node.why(peer: parameter("peer", request) ?? "", artifact: artifact, operation: parameter("operation", request)))
    }
    api.get("artifacts") { request, _ in try respond(await node.artifacts(parameter("what", request))) }
    api.get("journal") { request, _ in try respond(await node.journal(try JournalQuery { parameter($0, request) })) }
    api.get("messages") { _, _ in try respond(await node.messages()) }
  }

  private static func addArtifacts(to api: API, _ node: any NodeControl) {
    api.delete("artifacts") { request, context in
      try respond(await node.remove(parameter("what", request) ?? "", by: context.caller))
    }
    api.post("pauses") { request, context in try respond(await node.pause(try await body(of: request), by: context.caller)) }
    api.delete("pauses") { request, context in
      try respond(await node.resume(parameter("what", request) ?? "", by: context.caller))
    }
    api.post("notices") { request, context in try respond(await node.notify(try await body(of: request), by: context.caller)) }
  }

  /// What concerns the whole node.
  private static func addOperations(to api: API, _ node: any NodeControl) {
    api.post("reload") { _, context in try respond(await node.reload(by: context.caller)) }
    api.get("limits") { _, _ in try respond(await node.limits()) }
    api.post("limits") { request, context in try respond(await node.setLimits(try await body(of: request), by: context.caller)) }
    api.post("flush") { _, _ in try respond(await node.flush()) }
  }

  /// What operators say to peers that no rule is about.
  private static func addWishes(to api: API, _ node: any NodeControl) {
    api.post("approvals") { request, context in try respond(await node.approve(try await body(of: request), by: context.caller)) }
    api.delete("approvals") { request, context in
      try respond(await node.revokeApproval(parameter("id", request) ?? "", by: context.caller))
    }
    api.post("rejections") { request, context in try respond(await node.reject(try await body(of: request), by: context.caller)) }
  }

  private static func addFetches(to api: API, _ node: any NodeControl) {
    api.post("fetches") { request, context in
      try respond(await node.fetch(try await body(of: request, upTo: largestBody), by: context.caller))
    }
    api.get("fetches") { request, _ in try respond(await node.fetches(parameter("what", request))) }
    api.post("uploads") { request, context in
      try respond(await node.beginUpload(try await body(of: request, upTo: largestBody), by: context.caller))
    }
    api.get("uploads") { request, _ in try respond(await node.upload(parameter("what", request) ?? "")) }
    api.put("uploads") { request, context in
      guard let offset = parameter("offset", request).flatMap({ Int64($0) }) else {
        throw ErrorsDocument(errors: [.init(code: 64, message: "offset: a number")])
      }
      let bytes = try await request.body.collect(upTo: UploadDocument.mostBytes)
      return try respond(await node.take(bytes, at: offset, ofUpload: parameter("what", request) ?? "", by: context.caller))
    }
  }

  private static func parameter(_ name: String, _ request: Request) -> String? {
    request.uri.queryParameters[Substring(name)].map(String.init)
  }

  private static func body<Order: Decodable>(of request: Request, upTo limit: Int = shortBody) async throws -> Order {
    let body = try await request.body.collect(upTo: limit)
    return try JSONDecoder().decode(Order.self, from: Data(body.readableBytesView))
  }

  /// A torrent of 100,000 files with their identities.
  private static let largestBody = 256 << 20
  private static let shortBody = 64 << 10
}

func respond(_ document: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
  var headers = HTTPFields()
  headers[.contentType] = "application/json"
  return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: try DocumentEncoder.encode(document))))
}
