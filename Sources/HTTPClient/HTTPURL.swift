/// An absolute `http` or `https` URL.
package struct HTTPURL: Hashable, Sendable {
  /// How the server is spoken to.
  package enum Scheme: String, Hashable, Sendable {
    case http
    case https

    /// The port where a URL names none.
    package var defaultPort: UInt16 { self == .http ? 80 : 443 }
  }

  package let scheme: Scheme
  package let host: URLHost
  package let port: UInt16
  /// The path as written, at least `/`.
  package let path: String
  /// The query as written, without `?`; nil where there is none.
  package let query: String?

  /// Parses an absolute URL strictly (see `URLParts`); throws where it is none, or of another scheme than `http` and `https`.
  package init(_ text: String) throws(URLProblem) {
    let parts = try URLParts(text)
    guard let scheme = Scheme(rawValue: parts.scheme) else { throw URLProblem("the scheme is neither http nor https") }
    self.init(scheme: scheme, host: parts.host, port: parts.port ?? scheme.defaultPort, path: parts.path, query: parts.query)
  }

  private init(scheme: Scheme, host: URLHost, port: UInt16, path: String, query: String?) {
    (self.scheme, self.host, self.port, self.query) = (scheme, host, port, query)
    self.path = path.isEmpty ? "/" : path
  }

  /// Host and port as a `Host` field has them: the port only where it is not the scheme's own.
  package var authority: String { port == scheme.defaultPort ? host.text : "\(host.text):\(port)" }

  /// What stands in the request line: path and query.
  package var target: String { query.map { "\(path)?\($0)" } ?? path }

  /// The URL with these parameters after those that it has. They must be percent-encoded already.
  package func appending(query parameters: String) -> HTTPURL {
    let joined = query.map { $0.isEmpty ? parameters : "\($0)&\(parameters)" } ?? parameters
    return HTTPURL(scheme: scheme, host: host, port: port, path: path, query: joined)
  }

  /// The URL with another path and query. Both must be fit for a request line.
  package func replacing(path: String, query: String?) -> HTTPURL {
    HTTPURL(scheme: scheme, host: host, port: port, path: path, query: query)
  }
}

extension HTTPURL: CustomStringConvertible {
  package var description: String { "\(scheme.rawValue)://\(authority)\(target)" }
}
