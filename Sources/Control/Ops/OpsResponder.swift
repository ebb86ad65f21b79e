import Hummingbird
import HummingbirdCore
import NIOCore
import PluginKit
import TLS
import Tracker

/// Answers machines that watch the node, and people where there is a page.
struct OpsResponder: HTTPResponder {
  let isSecure: Bool
  let source: any OpsSource
  let pages: (any OpsPages)?
  let rules: @Sendable () -> OpsRules

  func respond(to request: Request, context: FaceContext) async throws -> Response {
    let rules = rules()
    let link = await FaceLink(context.channel, isSecure: isSecure)
    let answer = link == nil ? Self.text(.forbidden, "") : await answer(request, link, rules)
    return request.method == .head ? answer.createHeadResponse() : answer
  }

  private func answer(_ request: Request, _ link: FaceLink?, _ rules: OpsRules) async -> Response {
    let asked = OpsGate.Asked(
      isReading: [.get, .head].contains(request.method), authority: request.head.authority, origin: request.headers[.origin],
      site: HeaderName("Sec-Fetch-Site").flatMap { request.headers[$0] })
    let identities = link?.identities ?? []
    if let refusal = OpsGate(rules: rules).refusal(asked, identities: identities, local: link?.local) { return Self.refused(refusal) }
    let parts = (request.head.path ?? "").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let path = parts.first ?? ""
    switch path {
    case "/healthz": return Self.health(await source.silent())
    case "/readyz": return Self.readiness(await source.readiness())
    case "/metrics": return Self.respond(.ok, "text/plain; version=0.0.4; charset=utf-8", await source.metrics())
    default:
      let question = OpsRequest(
        path: path, query: parts.dropFirst().first, ifNoneMatch: request.headers[.ifNoneMatch], identities: identities)
      guard rules.hasPage, let page = await pages?.page(question) else { return Self.text(.notFound, "there is nothing here\n") }
      return Self.show(page)
    }
  }

  private static func health(_ silent: [String]) -> Response {
    silent.isEmpty ? text(.ok, "ok\n") : text(.serviceUnavailable, silent.map { "no answer: \($0)\n" }.joined())
  }

  private static func readiness(_ document: ReadinessDocument) -> Response {
    let bytes = (try? DocumentEncoder.encode(document)).map(Array.init) ?? []
    return respond(document.ready ? .ok : .serviceUnavailable, "application/json", bytes)
  }

  private static func refused(_ refusal: OpsGate.Refusal) -> Response {
    switch refusal {
    case .method:
      var response = text(.methodNotAllowed, "GET and HEAD only\n")
      response.headers[.allow] = "GET, HEAD"
      return response
    case .reader: return text(.forbidden, "")
    case .host: return text(.misdirectedRequest, "not by this name: see http.hosts\n")
    case .site: return text(.forbidden, "not from another site\n")
    }
  }

  private static func show(_ page: OpsPage) -> Response {
    var response = respond(.init(code: page.status), page.contentType, page.bytes, sources: page.sources)
    if let etag = page.etag { (response.headers[.eTag], response.headers[.cacheControl]) = (etag, "no-cache") }
    if let age = page.age { response.headers[.age] = "\(age)" }
    return response
  }

  private static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
    respond(status, "text/plain; charset=utf-8", Array(text.utf8))
  }

  private static func respond(_ status: HTTPResponse.Status, _ type: String, _ bytes: [UInt8], sources: [String] = []) -> Response {
    var headers = HTTPFields()
    for (name, value) in strict { headers[name] = value }
    headers[.contentType] = type
    headers[.contentSecurityPolicy] = (["default-src 'none'"] + sources + always).joined(separator: "; ")
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// What holds whatever a page says.
  private static let always = ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]

  private static let strict: [(HeaderName, String)] = [
    ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
  ].compactMap { name, value in HeaderName(name).map { ($0, value) } }

  private typealias HeaderName = HTTPFields.Element.Name
}
