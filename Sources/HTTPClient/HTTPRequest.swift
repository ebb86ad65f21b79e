/// A request: what, to whom, with which body.
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  /// Where the request goes.
  package enum Destination: Hashable, Sendable {
    /// A server on the network.
    case url(HTTPURL)
    /// A server behind a Unix domain socket. `target` is path and query; the `Host` field says `localhost`.
    case unixSocket(path: String, target: String)
  }

  package var method: Method
  package var destination: Destination
  /// Fields beside `Host`, `Connection`, `User-Agent` and `Content-Length`, which the client writes.
  package var fields: HTTPFields
  /// Sent with its `Content-Length`; nil sends none.
  package var body: [UInt8]?
  /// The addresses of the host that may be used.
  package var family: AddressFamily

  package init(
    method: Method = .get, to destination: Destination, fields: HTTPFields = HTTPFields(), body: [UInt8]? = nil,
    family: AddressFamily = .any
  ) {
    (self.method, self.destination, self.fields, self.body, self.family) = (method, destination, fields, body, family)
  }

  /// A request on a Unix domain socket, with a JSON body where one is given.
  package init(method: Method = .get, unixSocket path: String, target: String, json body: [UInt8]? = nil) {
    let fields: HTTPFields = body == nil ? [:] : ["Content-Type": "application/json"]
    self.init(method: method, to: .unixSocket(path: path, target: target), fields: fields, body: body)
  }
}

extension HTTPRequest.Destination: CustomStringConvertible {
  /// The host or socket for messages. Paths and queries of URLs are left out: they may hold a passkey.
  package var description: String {
    switch self {
    case .url(let url): "\(url.scheme.rawValue)://\(url.authority)"
    case .unixSocket(let path, _): path
    }
  }
}
