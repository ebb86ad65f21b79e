/// A notice on an artifact, as `notify`, `show` and `messages` give it.
package struct NoticeDocument: Codable, Sendable, Hashable {
  /// `superseded`, `withdraw`, `expires` or `text`.
  package let kind: String
  /// The info-hash that takes its place.
  package var successor: String?
  /// When the artifact expires, ISO 8601.
  package var expires: String?
  package var text: String?
  package let sequence: Int64
  /// When it was signed, and when it ends, ISO 8601.
  package let issued: String
  package let until: String
  /// The signer's name in the configuration, and its public key in hexadecimal.
  package let signer: String
  package let key: String
  /// Whether this node has signed it.
  package let ours: Bool
  /// One line of it.
  package let summary: String

  package init(
    kind: String, sequence: Int64, issued: String, until: String, signer: String, key: String, ours: Bool, summary: String
  ) {
    (self.kind, self.sequence, self.issued, self.until) = (kind, sequence, issued, until)
    (self.signer, self.key, self.ours, self.summary) = (signer, key, ours, summary)
  }
}

/// What the running node is to tell the peers of an artifact.
package struct NoticeOrder: Codable, Sendable {
  package enum Kind: String, Codable, Sendable { case superseded, withdraw, expires, text }

  /// The artifact: an info-hash, a unique start of one, or a name.
  package let what: String
  package let kind: Kind
  /// An info-hash, or an artifact of the inventory.
  package var successor: String?
  /// When the artifact expires, in seconds since 1970.
  package var expires: Int64?
  package var text: String?
  /// When the notice ends, in seconds since 1970; nil for the usual time.
  package var until: Int64?

  package init(what: String, kind: Kind) {
    (self.what, self.kind) = (what, kind)
  }
}

/// `granary notify`.
package struct NotifyDocument: Codable, Sendable {
  package let schema: String
  package let artifact: String
  package let infoHash: String
  package let notice: NoticeDocument
  package let warnings: [String]

  package init(artifact: String, infoHash: String, notice: NoticeDocument, warnings: [String]) {
    schema = "granary.notify/1"
    (self.artifact, self.infoHash, self.notice, self.warnings) = (artifact, infoHash, notice, warnings)
  }

  enum CodingKeys: String, CodingKey {
    case schema, artifact, notice, warnings
    case infoHash = "info_hash"
  }
}

/// `granary messages`: what peers have told.
package struct MessagesDocument: Codable, Sendable {
  /// A notice of somebody else's.
  package struct Notice: Codable, Sendable {
    /// Null where it is in the inventory no more.
    package let artifact: String?
    package let infoHash: String
    package let notice: NoticeDocument

    package init(artifact: String?, infoHash: String, notice: NoticeDocument) {
      (self.artifact, self.infoHash, self.notice) = (artifact, infoHash, notice)
    }

    enum CodingKeys: String, CodingKey {
      case artifact, notice
      case infoHash = "info_hash"
    }
  }

  /// What was kept of the last message of a name that a principal has sent.
  package struct Received: Codable, Sendable {
    package let name: String
    package let principal: String
    /// ISO 8601.
    package let at: String
    package let infoHash: String
    /// Numbers in decimal, bytes with everything but printable ASCII escaped, lists and dictionaries bencoded.
    package let body: [String: String]

    package init(name: String, principal: String, at: String, infoHash: String, body: [String: String]) {
      (self.name, self.principal, self.at, self.infoHash, self.body) = (name, principal, at, infoHash, body)
    }

    enum CodingKeys: String, CodingKey {
      case name, principal, at, body
      case infoHash = "info_hash"
    }
  }

  package let schema: String
  package let notices: [Notice]
  package let received: [Received]

  package init(notices: [Notice], received: [Received]) {
    schema = "granary.messages/1"
    (self.notices, self.received) = (notices, received)
  }
}
