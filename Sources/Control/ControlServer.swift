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
      router: ControlRoutes.local(node),
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
  /// Nobody until it is known who asks.
  var caller = ControlCaller.user(.max)

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
    context.caller = .user(peer.uid)
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
      let code: Int32 = [401, 403, 421].contains(error.status.code) ? 77 : 69
      return try respond(ErrorsDocument(errors: [.init(code: code, message: error.body ?? "\(error.status)")]), status: error.status)
    } catch {
      return try respond(ErrorsDocument(errors: [.init(code: 70, message: "\(error)")]), status: .internalServerError)
    }
  }
}
