import CLinux
import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The node's control socket: HTTP with JSON on a Unix domain socket, mode 0600, for the node's own user and root.
package struct ControlServer: Service {
  private let path: String
  private let application: Application<RouterResponder<ControlContext>>

  /// A server for the socket at `path`, at most 107 bytes. A socket that a former run left behind is replaced: the caller holds the node's lock.
  package init(path: String, node: any NodeControl, logger: Logger, onReady: @escaping @Sendable () async -> Void) {
    self.path = path
    unlink(path)
    application = Application(
      router: Self.router(node),
      configuration: ApplicationConfiguration(address: .unixDomainSocket(path: path), serverName: "granary"),
      onServerRunning: { _ in
        // Until now the state directory's mode and the kernel's word on who connects have kept others out.
        chmod(path, 0o600)
        await onReady()
      },
      logger: logger)
  }

  package func run() async throws {
    try await application.run()
    unlink(path)
  }

  private static func router(_ node: any NodeControl) -> Router<ControlContext> {
    let router = Router(context: ControlContext.self)
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: OwnerMiddleware())
    let api = router.group("v1")
    api.get("status") { _, _ in try respond(await node.status()) }
    api.get("peers") { _, _ in try respond(await node.peers()) }
    api.get("why") { request, _ in
      let query = request.uri.queryParameters
      let (peer, artifact) = (query["peer"].map(String.init) ?? "", query["artifact"].map(String.init) ?? "")
      return try respond(await node.why(peer: peer, artifact: artifact, operation: query["operation"].map(String.init)))
    }
    api.post("artifacts") { request, context in
      let body = try await request.body.collect(upTo: Self.largestBody)
      let submission = try JSONDecoder().decode(Submission.self, from: Data(body.readableBytesView))
      return try respond(await node.submit(submission, by: context.uid ?? .max))
    }
    api.delete("artifacts") { request, context in
      let what = request.uri.queryParameters["what"].map(String.init) ?? ""
      return try respond(await node.remove(what, by: context.uid ?? .max))
    }
    api.post("reload") { _, context in try respond(await node.reload(by: context.uid ?? .max)) }
    api.post("notices") { request, context in
      let body = try await request.body.collect(upTo: Self.largestNotice)
      let order = try JSONDecoder().decode(NoticeOrder.self, from: Data(body.readableBytesView))
      return try respond(await node.notify(order, by: context.uid ?? .max))
    }
    api.post("handover") { request, context in
      let body = try await request.body.collect(upTo: Self.largestNotice)
      let order = try JSONDecoder().decode(HandoverOrder.self, from: Data(body.readableBytesView))
      return try respond(await node.handOver(order, by: context.uid ?? .max))
    }
    addWishes(to: api, node)
    addFetches(to: api, node)
    api.get("messages") { _, _ in try respond(await node.messages()) }
    api.post("flush") { _, _ in try respond(await node.flush()) }
    return router
  }

  /// What operators say to peers that no rule is about.
  private static func addWishes(to api: RouterGroup<ControlContext>, _ node: any NodeControl) {
    api.post("approvals") { request, context in
      try respond(await node.approve(try await order(request), by: context.uid ?? .max))
    }
    api.delete("approvals") { request, context in
      let id = request.uri.queryParameters["id"].map(String.init) ?? ""
      return try respond(await node.revokeApproval(id, by: context.uid ?? .max))
    }
    api.post("rejections") { request, context in
      try respond(await node.reject(try await order(request), by: context.uid ?? .max))
    }
  }

  private static func addFetches(to api: RouterGroup<ControlContext>, _ node: any NodeControl) {
    api.post("fetches") { request, context in
      let body = try await request.body.collect(upTo: Self.largestBody)
      let submission = try JSONDecoder().decode(FetchSubmission.self, from: Data(body.readableBytesView))
      return try respond(await node.fetch(submission, by: context.uid ?? .max))
    }
    api.get("fetches") { request, _ in try respond(await node.fetches(request.uri.queryParameters["what"].map(String.init))) }
  }

  private static func order(_ request: Request) async throws -> WishOrder {
    let body = try await request.body.collect(upTo: largestNotice)
    return try JSONDecoder().decode(WishOrder.self, from: Data(body.readableBytesView))
  }

  /// A torrent of 100,000 files with their identities.
  private static let largestBody = 256 << 20
  private static let largestNotice = 64 << 10
}

private func respond(_ document: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
  var headers = HTTPFields()
  headers[.contentType] = "application/json"
  return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: try DocumentEncoder.encode(document))))
}

/// The one way in which documents are written.
package enum DocumentEncoder {
  /// One line of JSON with sorted keys.
  package static func encode(_ document: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(document)
  }
}

/// A request with the user id at the other end of the socket.
struct ControlContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel
  var uid: UInt32?

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}

/// Lets in the node's own user and root, and nobody else: the socket's mode says the same, the kernel's word is surer.
struct OwnerMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: ControlContext, next: (Request, ControlContext) async throws -> Response
  ) async throws -> Response {
    guard let provider = context.channel as? any SocketOptionProvider else { throw HTTPError(.forbidden) }
    let peer: granary_ucred = try await provider.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED)).get()
    guard peer.uid == getuid() || peer.uid == 0 else { throw HTTPError(.forbidden) }
    var context = context
    context.uid = peer.uid
    return try await next(request, context)
  }
}

/// Turns what a call throws into an errors document.
struct ProblemMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: ControlContext, next: (Request, ControlContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let errors as ErrorsDocument {
      return try respond(errors, status: .unprocessableContent)
    } catch let error as DecodingError {
      return try respond(ErrorsDocument(errors: [.init(code: 65, message: "malformed request: \(error)")]), status: .badRequest)
    } catch let error as HTTPError {
      return try respond(ErrorsDocument(errors: [.init(code: 69, message: error.body ?? "\(error.status)")]), status: error.status)
    } catch {
      return try respond(ErrorsDocument(errors: [.init(code: 70, message: "\(error)")]), status: .internalServerError)
    }
  }
}
