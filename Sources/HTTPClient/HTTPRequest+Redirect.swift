extension HTTPRequest {
  /// The request that a redirect asks for, or nil where the response is none that is followed: only GETs on the network are.
  ///
  /// Throws where it leads from `https` to `http`, or to nothing that is a URL.
  func following(_ response: HTTPResponse) throws(HTTPClientError) -> HTTPRequest? {
    guard method == .get, case .url(let url) = destination, [301, 302, 303, 307, 308].contains(response.status),
      let location = response.fields["Location"]
    else { return nil }
    let next: HTTPURL
    do { next = try url.resolving(location) } catch { throw .redirectRefused("its Location is a \(error)") }
    guard next.scheme == .https || url.scheme == .http else { throw .redirectRefused("it leads from https to http") }
    var request = self
    request.destination = .url(next)
    if next.authority != url.authority {
      for name in ["Authorization", "Proxy-Authorization", "Cookie"] { request.fields.remove(name) }
    }
    return request
  }
}
