import PluginKit

/// `granary status`.
package struct StatusDocument: Codable, Sendable {
  /// An address that the node listens on.
  package struct Listener: Codable, Sendable {
    package let address: String
    package let port: Int
    /// The entry of `tls` that it speaks with, or `ssl-torrent`; null where it is plain.
    package let tls: String?

    package init(address: String, port: Int, tls: String?) {
      (self.address, self.port, self.tls) = (address, port, tls)
    }

    /// What it speaks is always there: text or null.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(address, forKey: .address)
      try container.encode(port, forKey: .port)
      try container.encode(tls, forKey: .tls)
    }
  }

  /// How one tracker fares with one artifact.
  package struct Tracker: Codable, Sendable {
    package let artifact: String
    package let url: String
    package let state: String
    package let detail: String?
    /// The port that is announced there; nil where the node does not listen yet.
    package var port: Int?
    /// Whether another port of the artifact's is announced before this one.
    package var isFurther: Bool?

    package init(artifact: String, url: String, state: String, detail: String?) {
      (self.artifact, self.url, self.state, self.detail) = (artifact, url, state, detail)
    }

    enum CodingKeys: String, CodingKey {
      case artifact, url, state, detail, port
      case isFurther = "further"
    }
  }

  /// A plugin of the pipeline: whether it is past its budget, and by hook how often it was called, threw, was late, and how long it took.
  package struct Plugin: Codable, Sendable {
    package enum State: String, Codable, Sendable { case ok, tripped }

    package let name: String
    package let state: State
    /// What holds once it is tripped: `deny`, `allow`, `skip`.
    package let onError: String
    /// When it was tripped, ISO 8601; nil where it is not.
    package let trippedAt: String?
    /// Why it was tripped.
    package let reason: String?
    package let calls: [String: UInt64]
    package let faults: [String: UInt64]
    package let late: [String: UInt64]
    /// Estimated for hooks that are asked for each block.
    package let nanoseconds: [String: UInt64]
    /// `enforce`, or `shadow`: nothing comes of what it says.
    package let mode: String
    /// How often it, or a rule of it that is only tried, would have refused something.
    package let shadowed: UInt64

    package init(
      name: String, state: State, onError: String, trippedAt: String?, reason: String?, calls: [String: UInt64], faults: [String: UInt64],
      late: [String: UInt64], nanoseconds: [String: UInt64], mode: String = "enforce", shadowed: UInt64 = 0
    ) {
      (self.name, self.state, self.onError, self.trippedAt, self.reason) = (name, state, onError, trippedAt, reason)
      (self.calls, self.faults, self.late, self.nanoseconds) = (calls, faults, late, nanoseconds)
      (self.mode, self.shadowed) = (mode, shadowed)
    }

    enum CodingKeys: String, CodingKey {
      case name, state, reason, calls, faults, late, nanoseconds, mode, shadowed
      case onError = "on_error"
      case trippedAt = "tripped_at"
    }
  }

  /// How the data that is held is looked after.
  package struct Scrub: Codable, Sendable, Hashable {
    /// When the oldest evidence of what is served was won, ISO 8601; null where nothing is served.
    package var oldestEvidence: String?
    /// Artifacts whose evidence is older than `scrub.every`.
    package var artifactsDue = 0
    /// The artifact that is being read.
    package var current: String?
    /// Artifacts read again since the start, and their bytes.
    package var artifactsVerified = 0
    package var bytesVerified: Int64 = 0
    /// Artifacts that did not verify any more.
    package var artifactsDamaged = 0
    /// Artifacts whose files were looked at for changes since the start, and how often that went round.
    package var artifactsLookedAt = 0
    package var rounds = 0
    /// Artifacts out of service that are looked at until they are back.
    package var outOfService = 0

    package init() {}

    enum CodingKeys: String, CodingKey {
      case current, rounds
      case oldestEvidence = "oldest_evidence"
      case artifactsDue = "artifacts_due"
      case artifactsVerified = "artifacts_verified"
      case bytesVerified = "bytes_verified"
      case artifactsDamaged = "artifacts_damaged"
      case artifactsLookedAt = "artifacts_looked_at"
      case outOfService = "out_of_service"
    }
  }

  /// Read leases on files that are held open: the earliest news of a change.
  package struct Leases: Codable, Sendable, Hashable {
    package var held = 0
    package var taken = 0
    package var broken = 0
    /// Files that were served without: another owner's, open for writing elsewhere, on a file system without leases.
    package var notOurs = 0
    package var beingWritten = 0
    package var unsupported = 0
    /// Parts of files that are mapped under a lease, locked in memory, and sent from there.
    package var windows = 0
    package var windowBytes = 0
    /// What of memory may be locked for them.
    package var windowBytesMost = 0

    package init() {}

    enum CodingKeys: String, CodingKey {
      case held, taken, broken, unsupported, windows
      case windowBytes = "window_bytes"
      case windowBytesMost = "window_bytes_most"
      case notOurs = "not_ours"
      case beingWritten = "being_written"
    }
  }

  /// A catalogue that is followed.
  package struct Mirror: Codable, Sendable, Hashable {
    /// Scheme, host and port: the path may hold a key.
    package let catalogue: String
    /// Those of the list that was accepted last; nil before the first.
    package let serial: Int64?
    package let date: String?
    /// Why it is not followed now; nil where it is.
    package let problem: String?
    /// Times in a row that it could not be had or was refused.
    package let failures: Int

    package init(catalogue: String, serial: Int64?, date: String?, problem: String?, failures: Int) {
      (self.catalogue, self.serial, self.date, self.problem, self.failures) = (catalogue, serial, date, problem, failures)
    }
  }

  package let schema: String
  package let ready: Bool
  package let node: String
  package let pid: Int32
  package let version: String
  /// Seconds since the start.
  package let uptime: Int64
  package let listeners: [Listener]
  /// How many are in the inventory.
  package let artifacts: Int
  /// How many are in service.
  package let serving: Int
  /// Connections.
  package let peers: Int
  /// Bytes of blocks since the start: those that peers took, and those that peers and web seeds gave and that were of use.
  package let uploaded: Int64
  package let downloaded: Int64
  package let policyGeneration: UInt64
  package let trackers: [Tracker]
  package let plugins: [Plugin]
  /// How often each limit has bitten since the start, by the limit's name.
  package let limits: [String: Int64]
  package let warnings: [String]
  package var scrub: Scrub?
  package var leases: Leases?
  package var tls: TLSDocument?
  package var journal: JournalStatusDocument?
  /// The node's own tracker, where it has one.
  package var tracker: OwnTracker?
  /// The catalogues that it follows, where there are any.
  package var mirrors: [Mirror]?
  /// Where it tells of itself, as far as that is open; nil where nothing is configured.
  package var http: [Listener]?
  /// Where orders of other machines are taken; nil where nowhere.
  package var control: [Listener]?

  package init(
    ready: Bool, node: String, pid: Int32, version: String, uptime: Int64, listeners: [Listener], artifacts: Int, serving: Int, peers: Int,
    uploaded: Int64, downloaded: Int64, policyGeneration: UInt64, trackers: [Tracker], plugins: [Plugin],
    limits: [String: Int64], warnings: [String]
  ) {
    schema = "granary.status/1"
    (self.ready, self.node, self.pid, self.version, self.uptime) = (ready, node, pid, version, uptime)
    (self.listeners, self.artifacts, self.serving, self.peers) = (listeners, artifacts, serving, peers)
    (self.uploaded, self.downloaded) = (uploaded, downloaded)
    (self.policyGeneration, self.trackers) = (policyGeneration, trackers)
    (self.plugins, self.limits, self.warnings) = (plugins, limits, warnings)
  }

  enum CodingKeys: String, CodingKey {
    case schema, ready, node, pid, version, uptime, listeners, artifacts, serving, peers, uploaded, downloaded, trackers, plugins, limits
    case warnings, scrub, leases, tls, journal, tracker, mirrors, http, control
    case policyGeneration = "policy_generation"
  }
}

/// `granary peers`.
package struct PeersDocument: Codable, Sendable {
  /// A connection.
  package struct Peer: Codable, Sendable {
    package let number: UInt64
    package let address: String
    package let direction: String
    package let phase: String
    package let principal: String
    /// The trust entry that vouched for it; null on a plain link.
    package let tls: String?
    package let client: String?
    package let artifact: String?
    package let infoHash: String?
    package let choked: Bool
    package let interested: Bool
    package let uploaded: Int64
    /// Bytes of blocks that it gave us and that were of use.
    package let downloaded: Int64
    package let queued: Int
    /// How many pieces the peer has told of.
    package let pieces: Int
    /// Seconds since the link stood.
    package let age: Double

    package init(
      number: UInt64, address: String, direction: String, phase: String, principal: String, tls: String?, client: String?,
      artifact: String?, infoHash: String?, choked: Bool, interested: Bool, uploaded: Int64, downloaded: Int64, queued: Int, pieces: Int,
      age: Double
    ) {
      (self.number, self.address, self.direction, self.phase) = (number, address, direction, phase)
      (self.principal, self.client, self.artifact, self.infoHash) = (principal, client, artifact, infoHash)
      (self.choked, self.interested, self.uploaded, self.downloaded) = (choked, interested, uploaded, downloaded)
      (self.queued, self.pieces, self.age, self.tls) = (queued, pieces, age, tls)
    }

    enum CodingKeys: String, CodingKey {
      case number, address, direction, phase, principal, tls, client, artifact, choked, interested, uploaded, downloaded, queued, pieces,
        age
      case infoHash = "info_hash"
    }
  }

  package let schema: String
  package let peers: [Peer]

  package init(peers: [Peer]) {
    schema = "granary.peers/1"
    self.peers = peers
  }
}

/// `granary why`: the verdict, and what every guard said.
package struct WhyDocument: Codable, Sendable {
  /// One guard's answer.
  package struct Answer: Codable, Sendable {
    package let operation: String
    package let plugin: String
    package let verdict: String
    package let rule: String?
    package let reason: String
    package let place: String?
    /// `everything`, or how many of the pieces: what of the artifact the answer covers.
    package let scope: String?

    package init(operation: String, plugin: String, verdict: String, rule: String?, reason: String, place: String?, scope: String?) {
      (self.operation, self.plugin, self.verdict, self.rule) = (operation, plugin, verdict, rule)
      (self.reason, self.place, self.scope) = (reason, place, scope)
    }
  }

  package let schema: String
  package let peer: String
  package let artifact: String
  package let operation: String
  /// `allow` or `deny`.
  package let verdict: String
  /// The plugin that decided; null where nobody guards the operation.
  package let plugin: String?
  package let rule: String?
  package let reason: String
  package let place: String?
  package let policyGeneration: UInt64
  package let answers: [Answer]
  /// The number of the connection that was asked about; nil for a peer that is made up.
  package var live: UInt64?
  /// What the guards were told.
  package var facts: RecordedFacts?
  /// Every operation asked about, with every guard's answer.
  package var tree: [WhyBranch] = []

  package init(
    peer: String, artifact: String, operation: String, verdict: String, plugin: String?, rule: String?, reason: String, place: String?,
    policyGeneration: UInt64, answers: [Answer]
  ) {
    schema = "granary.why/1"
    (self.peer, self.artifact, self.operation, self.verdict) = (peer, artifact, operation, verdict)
    (self.plugin, self.rule, self.reason, self.place) = (plugin, rule, reason, place)
    (self.policyGeneration, self.answers) = (policyGeneration, answers)
  }

  enum CodingKeys: String, CodingKey {
    case schema, peer, artifact, operation, verdict, plugin, rule, reason, place, answers, live, facts, tree
    case policyGeneration = "policy_generation"
  }

  /// Plugin, rule and place are always there: text or null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(peer, forKey: .peer)
    try container.encode(artifact, forKey: .artifact)
    try container.encode(operation, forKey: .operation)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(plugin, forKey: .plugin)
    try container.encode(rule, forKey: .rule)
    try container.encode(reason, forKey: .reason)
    try container.encode(place, forKey: .place)
    try container.encode(policyGeneration, forKey: .policyGeneration)
    try container.encode(answers, forKey: .answers)
    try container.encode(live, forKey: .live)
    try container.encodeIfPresent(facts, forKey: .facts)
    try container.encode(tree, forKey: .tree)
  }
}

/// What came of a change that was asked of a running node.
package struct ChangeDocument: Codable, Sendable {
  package let schema: String
  package let message: String
  package let warnings: [String]

  package init(message: String, warnings: [String] = []) {
    schema = "granary.change/1"
    (self.message, self.warnings) = (message, warnings)
  }
}

/// Problems, as every command prints them with `--json`.
package struct ErrorsDocument: Codable, Sendable, Error {
  /// One problem.
  package struct Problem: Codable, Sendable, Hashable {
    /// The exit code that stands for its kind.
    package let code: Int32
    package let message: String
    package let place: String?

    package init(code: Int32, message: String, place: String? = nil) {
      (self.code, self.message, self.place) = (code, message, place)
    }
  }

  package let errors: [Problem]

  package init(errors: [Problem]) {
    self.errors = errors
  }
}
