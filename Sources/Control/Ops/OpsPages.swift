import PluginKit

/// What people are shown beside metrics and health: asked for what none of these is, where `http.page` says so.
package protocol OpsPages: Sendable {
  /// Nil for what is not there.
  func page(_ request: OpsRequest) async -> OpsPage?
}

/// A question to a page: its link, host and origin have been judged by then, and its method is GET or HEAD.
package struct OpsRequest: Sendable, Hashable {
  /// As `/`, without what follows a question mark.
  package let path: String
  /// What follows it, undecoded; nil where there is none.
  package let query: String?
  /// What the asker has of it already: the header If-None-Match.
  package let ifNoneMatch: String?
  /// Who asks, the strongest identity first; empty on a plain link.
  package let identities: [Identity]

  package init(path: String, query: String? = nil, ifNoneMatch: String? = nil, identities: [Identity] = []) {
    (self.path, self.query, self.ifNoneMatch, self.identities) = (path, query, ifNoneMatch, identities)
  }
}

/// What a page answers with.
package struct OpsPage: Sendable, Hashable {
  package let status: Int
  package let contentType: String
  package let bytes: [UInt8]
  /// With it the asker may keep it, and must ask each time whether it still holds. Without one nobody keeps it.
  package let etag: String?
  /// Seconds since it was made; nil for what has no time.
  package let age: Int64?
  /// What its content may load, in directives of a content security policy. Everything else is forbidden, framing and forms in any case.
  package let sources: [String]

  /// By default what it loads comes from here.
  package static let ownSources = ["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"]

  package init(
    status: Int = 200, contentType: String, bytes: [UInt8], etag: String? = nil, age: Int64? = nil, sources: [String] = Self.ownSources
  ) {
    (self.status, self.contentType, self.bytes) = (status, contentType, bytes)
    (self.etag, self.age, self.sources) = (etag, age, sources)
  }
}

/// What a node says of itself to machines. Every answer is there after a bounded time, whatever hangs.
package protocol OpsSource: Sendable {
  /// Parts of the process that do not answer, in words; empty where all do.
  func silent() async -> [String]
  func readiness() async -> ReadinessDocument
  /// The text format of Prometheus, 0.0.4.
  func metrics() async -> [UInt8]
}

/// What a configuration says of one listener, as it is now.
package struct OpsRules: Sendable, Hashable {
  /// Names beside its own addresses and `localhost` that it may be asked by, in lower case.
  package let hosts: Set<String>
  /// Who may read; nil on a plain link, which only this machine has.
  package let identities: [IdentityPattern]?
  package let hasPage: Bool

  package init(hosts: Set<String> = [], identities: [IdentityPattern]? = nil, hasPage: Bool = false) {
    (self.hosts, self.identities, self.hasPage) = (hosts, identities, hasPage)
  }
}
