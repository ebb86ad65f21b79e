import Hummingbird
import HummingbirdCore
import NIOCore

/// Lets in those whom the rules of an address let in, before anything of a request's body is read.
struct CallerMiddleware: RouterMiddleware {
  let isSecure: Bool
  let rules: @Sendable () -> ControlRules
  /// Told of everybody who is not let in.
  let refused: @Sendable (ControlGate.Refusal, FaceLink?) -> Void

  /// Time for the answer to go out.
  private static let farewell = TimeAmount.seconds(1)

  func handle(
    _ request: Request, context: ControlContext, next: (Request, ControlContext) async throws -> Response
  ) async throws -> Response {
    let link = await FaceLink(context.channel, isSecure: isSecure)
    switch judge(request, link) {
    case .refuse(let refusal):
      refused(refusal, link)
      // What comes further on the link is read to its end, whatever its length: there is not to be any.
      let channel = context.channel
      channel.eventLoop.scheduleTask(in: Self.farewell) { channel.close(promise: nil) }
      // Why is for the journal: who is a stranger learns nothing here.
      throw HTTPError(.init(code: refusal.status), message: "not permitted")
    case .allow(let caller):
      var context = context
      context.caller = caller
      return try await next(request, context)
    }
  }

  private func judge(_ request: Request, _ link: FaceLink?) -> ControlGate.Verdict {
    guard let link else { return .refuse(ControlGate.Refusal(status: 403, caller: nil, reason: "its certificate does not hold any more")) }
    let site = HTTPFields.Element.Name("Sec-Fetch-Site").flatMap { request.headers[$0] }
    let asked = ControlGate.Asked(
      isReading: [.get, .head].contains(request.method), authority: request.head.authority,
      isOfBrowser: request.headers[.origin] != nil || site != nil, authorization: request.headers[.authorization])
    return ControlGate(rules: rules()).judge(asked, identities: link.identities, local: link.local)
  }
}
