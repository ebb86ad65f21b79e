/// What the engine is told by the configuration. Plain values; the ranges were checked by whoever read them.
package struct EngineSettings: Sendable {
  /// Where to listen: address and port; port 0 picks one.
  package var listen: [ListenAddress]
  /// Event loops; at least 1.
  package var eventLoops: Int
  /// Bytes of blocks a second for the whole node; nil: unlimited.
  package var uploadRate: Int64?
  /// The same for each artifact; nil: unlimited.
  package var uploadRatePerArtifact: Int64?
  /// The same for each principal; nil: unlimited.
  package var uploadRatePerPrincipal: Int64?
  /// Bytes of blocks a second that the whole node asks for; nil: unlimited.
  package var downloadRate: Int64?
  /// Peers that are unchoked at once.
  package var uploadSlots: UploadSlots
  /// Which artifacts are super-seeded while their swarms lack pieces (BEP 16).
  package var superSeeding: SuperSeeding
  /// Connections in all.
  package var connections: Int
  /// Connections from or to one address.
  package var connectionsPerAddress: Int
  /// Connections of one principal, once it is authorized; nil: as many as of one address.
  package var connectionsPerPrincipal: Int?
  /// Inbound connections that have not finished their handshake.
  package var handshakes: Int
  /// Time for a peer to finish its handshake, admission included.
  package var handshakeTimeout: Duration
  /// Time without a message after which a peer is let go.
  package var idleTimeout: Duration
  /// Requests that are queued for one peer; more are rejected. Announced as `reqq` (BEP 10).
  package var requestQueue: Int
  /// Time that a plugin has to pay a block it promised with `.handled`.
  package var debtTimeout: Duration
  /// Whether to dial peers that trackers and the configuration name.
  package var dials: Bool

  package init(
    listen: [ListenAddress], eventLoops: Int = 2, uploadRate: Int64? = nil, uploadSlots: UploadSlots = .auto,
    superSeeding: SuperSeeding = .off, connections: Int = 10_000,
    connectionsPerAddress: Int = 100, handshakes: Int = 500, handshakeTimeout: Duration = .seconds(10),
    idleTimeout: Duration = .seconds(180),
    requestQueue: Int = 500, debtTimeout: Duration = .seconds(30), dials: Bool = true
  ) {
    (self.listen, self.eventLoops, self.uploadRate, self.uploadSlots) = (listen, eventLoops, uploadRate, uploadSlots)
    (self.connections, self.connectionsPerAddress, self.handshakes) = (connections, connectionsPerAddress, handshakes)
    (self.handshakeTimeout, self.idleTimeout, self.requestQueue) = (handshakeTimeout, idleTimeout, requestQueue)
    (self.debtTimeout, self.dials, self.superSeeding) = (debtTimeout, dials, superSeeding)
  }
}

/// An address to listen on.
package struct ListenAddress: Sendable, Hashable {
  /// A numeric address.
  package let host: String
  /// The TCP port; 0 picks one.
  package let port: Int
  /// What its links are.
  package let security: ListenSecurity

  package init(host: String, port: Int, tls security: ListenSecurity = .plain) {
    (self.host, self.port, self.security) = (host, port, security)
  }
}
