import HTTPClient

/// An announce URL of a kind that we speak.
package enum TrackerURL: Hashable, Sendable {
  /// `http` or `https` (BEP 3).
  case http(HTTPURL)
  /// BEP 15. Path and query of the URL mean nothing there.
  case udp(host: URLHost, port: UInt16)

  /// Parses an announce URL. Throws `TrackerError.unsupported` with the reason where it is malformed or of a scheme we do not speak.
  package init(_ text: String) throws(TrackerError) {
    do throws(URLProblem) {
      let parts = try URLParts(text)
      switch (parts.scheme, parts.port) {
      case ("http", _), ("https", _): self = .http(try HTTPURL(text))
      case ("udp", let port?): self = .udp(host: parts.host, port: port)
      case ("udp", nil): throw URLProblem("a udp tracker's URL needs a port")
      default: throw URLProblem("a tracker's scheme is http, https or udp")
      }
    } catch {
      throw .unsupported(error.description)
    }
  }

  /// The tracker's host.
  package var host: URLHost {
    switch self {
    case .http(let url): url.host
    case .udp(let host, _): host
    }
  }

  /// Scheme, host and port, for logs: the rest may hold a passkey.
  package var origin: String {
    switch self {
    case .http(let url): "\(url.scheme.rawValue)://\(url.authority)"
    case .udp(let host, let port): "udp://\(host.text):\(port)"
    }
  }
}
