import Foundation

/// A document that a command prints with `--json`.
package protocol GranaryDocument: Decodable, Sendable {
  /// What its `schema` must be.
  static var schemaName: String { get }
}

/// What `publish` and `add` say of the artifact they took in.
package struct GranaryArtifact: Decodable, Sendable {
  /// A file of it.
  package struct File: Decodable, Sendable, Equatable {
    package let path: String
    package let length: Int
  }

  package let name: String
  package let infoHashV1: String?
  package let infoHashV2: String?
  package let pieceLength: Int
  package let size: Int
  package let `private`: Bool
  package let files: [File]
  package let torrent: String
  package let magnet: String

  /// The info-hash in the handshake of peers that name it: v1 where there is one, else the first 20 bytes of v2. In hex.
  package var handshakeHash: String { infoHashV1 ?? String((infoHashV2 ?? "").prefix(40)) }
  /// Every info-hash under which trackers know it, in hex.
  package var trackerHashes: [String] { [infoHashV1, infoHashV2.map { String($0.prefix(40)) }].compactMap { $0 } }
}

/// What `list` says.
package struct GranaryList: GranaryDocument {
  package static let schemaName = "granary.list/1"

  /// One artifact of the inventory.
  package struct Row: Decodable, Sendable {
    package let name: String
    package let infoHashV1: String?
    package let infoHashV2: String?
    package let state: String
  }

  package let artifacts: [Row]
}

/// What `status` says of a running node.
package struct GranaryStatus: GranaryDocument {
  package static let schemaName = "granary.status/1"

  /// A socket it listens on.
  package struct Listener: Decodable, Sendable {
    package let address: String
    package let port: Int
    /// The entry of `tls` that it speaks with, or `ssl-torrent`; nil where it is plain.
    package let tls: String?
  }

  /// What became of TLS links, by entry and by reason.
  package struct Links: Decodable, Sendable {
    package let stood: [String: Int]
    package let failed: [String: Int]
  }

  /// The tracker that is embedded in it.
  package struct OwnTracker: Decodable, Sendable {
    package let peers: Int
    package let seeders: Int
    package let refused: Int
  }

  package let ready: Bool
  package let node: String
  package let pid: Int32
  package let listeners: [Listener]
  package let artifacts: Int
  package let peers: Int
  package let uploaded: Int
  package let policyGeneration: Int
  package let tls: Links?
  package let tracker: OwnTracker?
  /// What is not as it should be.
  package let warnings: [String]
}

/// What `why` says.
package struct GranaryWhy: GranaryDocument {
  package static let schemaName = "granary.why/1"

  package let verdict: String
  package let plugin: String?
  package let rule: String?
  package let reason: String
  package let place: String?
}

/// Decodes the commands' JSON documents, and holds each to its schema.
package enum GranaryJSON {
  private struct Header: Decodable { let schema: String }

  /// Decodes a document of this schema.
  package static func decode<Document: Decodable>(_ type: Document.Type, schema: String, from text: String) throws -> Document {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = Data(text.utf8)
    do {
      let header = try decoder.decode(Header.self, from: data)
      guard header.schema == schema else { throw ProcessFailure("schema \(header.schema) where \(schema) was expected") }
      return try decoder.decode(type, from: data)
    } catch let error as DecodingError {
      throw ProcessFailure("not a \(schema) document: \(error)\n\(text)")
    }
  }
}
