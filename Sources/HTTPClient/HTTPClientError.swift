/// Why a request has no response.
package enum HTTPClientError: Error, Hashable, Sendable {
  /// An `https` URL, and nothing that tells whom to trust.
  case tlsUnavailable(host: String)
  /// No TLS link: the server's certificate is not good, or it does not speak TLS.
  case tlsFailed(to: String, reason: String)
  /// No connection. `code` is the `errno`, where there is one.
  case cannotConnect(to: String, reason: String, code: Int32?)
  /// The deadline passed.
  case timedOut(String)
  /// The task that asked was cancelled.
  case cancelled
  /// Status line and header fields are longer than the limit in bytes.
  case headTooLarge(limit: Int)
  /// The body is longer than the limit in bytes, by its Content-Length or as it came.
  case bodyTooLarge(limit: Int)
  /// Not HTTP/1.
  case malformed(String)
  /// The server closed the connection before the response's end.
  case closedEarly
  /// A Content-Encoding that we did not ask for.
  case unsupportedEncoding(String)
  /// More redirects than the limit.
  case tooManyRedirects(limit: Int)
  /// A redirect that is not followed, with the reason.
  case redirectRefused(String)
  /// From `lines` only: a status other than 200 to 299, with the body.
  case unexpectedStatus(Int, body: [UInt8])
}

extension HTTPClientError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tlsUnavailable(let host): "https://\(host): nobody is trusted for TLS links here"
    case .tlsFailed(let destination, let reason): "no TLS link to \(destination): \(reason)"
    case .cannotConnect(let destination, let reason, _): "cannot connect to \(destination): \(reason)"
    case .timedOut(let destination): "no answer from \(destination) in time"
    case .cancelled: "the request was cancelled"
    case .headTooLarge(let limit): "the response's header is longer than \(limit) bytes"
    case .bodyTooLarge(let limit): "the response's body is longer than \(limit) bytes"
    case .malformed(let problem): "the response is not HTTP: \(problem)"
    case .closedEarly: "the connection was closed before the response's end"
    case .unsupportedEncoding(let encoding): "the response has the content encoding \(encoding.debugDescription), which was not asked for"
    case .tooManyRedirects(let limit): "more than \(limit) redirects"
    case .redirectRefused(let reason): "a redirect is not followed: \(reason)"
    case .unexpectedStatus(let status, _): "the server answered with status \(status)"
    }
  }
}
