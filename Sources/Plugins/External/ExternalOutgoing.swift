import Foundation
internal import PluginKit

/// What we say to a program, as JSON.
enum ExternalOutgoing {
  /// The version of the conversation.
  static let version = 1

  /// The first frame. What it says holds for the whole conversation.
  struct Hello: Encodable {
    let type = "hello"
    let version = ExternalOutgoing.version
    /// What the program will be asked about.
    let operations: [String]
    /// What it may be told of.
    let events = ExternalEvent.allCases.map(\.rawValue)
    /// Seconds.
    let deadline: Double
    let inFlight: Int
    let frame: Int

    enum CodingKeys: String, CodingKey {
      case type, operations, events, deadline, frame
      case version = "protocol"
      case inFlight = "in_flight"
    }

    init(_ options: ExternalOptions) {
      operations = options.guards.map(\.rawValue).sorted()
      (deadline, inFlight, frame) = (options.deadline / .seconds(1), options.inFlight, options.frame)
    }
  }

  /// A question about a connection.
  struct Ask: Encodable {
    let type = "ask"
    let id: UInt64
    let operations: [String]
    let facts: Facts
  }

  /// Something that has happened.
  struct Event: Encodable {
    let type = "event"
    let event: String
    let facts: Facts
    /// Why the connection has ended.
    let reason: String?
    /// Bytes of blocks that were sent on it.
    let uploaded: Int64?
  }

  /// What is known of a connection. Never key material, nor what binds a conversation to its link.
  struct Facts: Encodable {
    let principal: String
    let identities: [String]
    let address: String
    let port: UInt16
    let direction: String
    let link: String
    let certificate: Certificate?
    let infoHash: String?
    let artifact: Artifact?
    let peerID: String?
    /// Seconds since 1970.
    let time: Double

    enum CodingKeys: String, CodingKey {
      case principal, identities, address, port, direction, link, certificate, artifact, time
      case infoHash = "info_hash"
      case peerID = "peer_id"
    }

    init(_ facts: PeerFacts) {
      (principal, identities) = (facts.principal, facts.identities.map(\.description))
      (address, port, direction) = (facts.address.ip.description, facts.address.port, facts.direction.rawValue)
      link = if case .plain = facts.link { "plain" } else { "tls" }
      certificate = facts.link.certificate.map(Certificate.init)
      (infoHash, artifact) = (facts.infoHash?.description, facts.artifact.map(Artifact.init))
      (peerID, time) = (facts.peerID?.description, facts.now.unixSeconds)
    }
  }

  struct Certificate: Encodable {
    let trust: String
    let subject: String
    let serial: String
    let issuers: [String]
    let validUntil: Double

    enum CodingKeys: String, CodingKey {
      case trust, subject, serial, issuers
      case validUntil = "valid_until"
    }

    init(_ facts: CertificateFacts) {
      (trust, subject, serial, issuers) = (facts.trust, facts.subject, facts.serial, facts.issuers)
      validUntil = facts.validUntil.unixSeconds
    }
  }

  struct Artifact: Encodable {
    let name: String
    let infoHashV1: String?
    let infoHashV2: String?
    let labels: [String: String]
    let isPrivate: Bool
    let isSSL: Bool
    let size: Int64
    let pieces: Int
    let pieceLength: Int
    let files: Int

    enum CodingKeys: String, CodingKey {
      case name, labels, size, pieces, files
      case infoHashV1 = "info_hash_v1"
      case infoHashV2 = "info_hash_v2"
      case isPrivate = "private"
      case isSSL = "ssl"
      case pieceLength = "piece_length"
    }

    init(_ facts: ArtifactFacts) {
      (name, labels, isPrivate, isSSL) = (facts.name, facts.labels, facts.isPrivate, facts.isSSL)
      (infoHashV1, infoHashV2) = (facts.infoHash.v1?.description, facts.infoHash.v2?.description)
      (size, pieces, pieceLength) = (facts.layout.contentLength, facts.layout.pieceCount, facts.layout.pieceLength)
      files = facts.layout.files.reduce(0) { $0 + ($1.isPadding ? 0 : 1) }
    }
  }

  /// The frame of a message; nil where it would be longer than a frame may be.
  static func frame(_ message: some Encodable, longest: Int) -> [UInt8]? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let data = try? encoder.encode(message), data.count <= longest else { return nil }
    return ExternalFrame.framed(data)
  }
}

/// What a program may be told of, without an answer.
enum ExternalEvent: String, Sendable, CaseIterable {
  /// A peer is authorized, before anything is disclosed to it.
  case authorized = "on_authorized"
  /// Its connection has ended.
  case disconnect = "on_disconnect"
}

extension WallTime {
  /// Seconds since 1970, to the millisecond.
  var unixSeconds: Double { Double(nanoseconds / 1_000_000) / 1000 }
}
