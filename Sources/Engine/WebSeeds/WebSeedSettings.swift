import HTTPClient
import NIOCore

/// How an artifact's web seeds are asked.
package struct WebSeedSettings: Sendable {
  /// The URLs, judged by the caller: a foreign torrent may name any host.
  package let urls: [HTTPURL]
  /// Whom to trust for `https`; nil: it is refused.
  package let security: HTTPSecurity?
  /// Whether a redirect may be followed to this URL.
  package let mayFollow: @Sendable (HTTPURL) -> Bool

  package init(urls: [HTTPURL], security: HTTPSecurity? = nil, mayFollow: @escaping @Sendable (HTTPURL) -> Bool = { _ in false }) {
    (self.urls, self.security, self.mayFollow) = (urls, security, mayFollow)
  }
}
