/// `limits`: what a node gives at most, from the first byte on.
///
/// The defaults fit a node of a private fleet with thousands of peers; `config/granary.yaml` explains each.
package struct Limits: Sendable, Hashable {
  /// Payload to all peers together; nil for no limit.
  package var upload: ByteRate?
  /// Payload that is asked of all peers together, of what is fetched; nil for no limit.
  package var download: ByteRate?
  /// Upload of each artifact to all peers together; nil for no limit.
  package var uploadPerArtifact: ByteRate?
  /// The same to each principal, over all its connections and artifacts; nil for no limit.
  package var uploadPerPrincipal: ByteRate?
  /// Connections, whoever dialed, of all artifacts together: 1...1,000,000.
  package var connections = 10_000
  /// Connections from one address: 1...1,000,000. Peers behind one NAT or on one host share it.
  package var perAddress = 256
  /// Connections of one principal, an identity or else an address, once it is authorized: 1...1,000,000; nil: as many as of one address.
  package var perPrincipal: Int?
  /// Accepted connections that have not said a whole handshake yet: 1...100,000.
  package var handshakes = 256
  /// How long one may take for that: 1 s ... 10 min.
  package var handshakeTimeout = TimeSpan(milliseconds: 10_000)
  /// Peers that are unchoked at once.
  package var uploadSlots = UploadSlots.auto
  /// Requests that one peer may have outstanding; announced as `reqq` (BEP 10): 1...10,000.
  package var requestQueue = 500
  /// A connection that says nothing for so long is closed: 10 s ... 1 day. Peers send a keep-alive every two minutes (BEP 3).
  package var idleTimeout = TimeSpan(milliseconds: 180_000)
  /// Descriptors of artifacts' files that are kept open: 8...1,000,000.
  package var openFiles = 256
  /// Memory that may be locked for parts of files which are sent from there without a copy; nil for a quarter of what there is, within the
  /// process's RLIMIT_MEMLOCK. 0: none.
  package var lockedMemory: ByteSize?
  /// Rows of the journal that are kept, equal refusals being one: 1,000...100,000,000.
  package var journalRows = 1_000_000
  /// Threads that serve connections: 1...1024; nil for one per core.
  package var eventLoops: Int?

  /// `limits.upload-slots`.
  package enum UploadSlots: Sendable, Hashable {
    /// All that are interested; few where a swarm lacks pieces and `limits.upload` is what its peers wait for.
    case auto
    /// All that are interested.
    case unlimited
    /// So many: 1...1,000,000.
    case fixed(Int)
  }

  package init() {}
}
