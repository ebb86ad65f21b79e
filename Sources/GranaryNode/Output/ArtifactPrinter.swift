import Control
import Foundation
import Inventory
import Metainfo

/// Shows one artifact.
enum ArtifactPrinter {
  /// A document with its schema.
  private struct Versioned: Encodable {
    let schema: String
    let artifact: ArtifactDocument

    func encode(to encoder: any Encoder) throws {
      try artifact.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(schema, forKey: .schema)
    }

    private enum Key: CodingKey { case schema }
  }

  static func print(_ found: Found, _ warnings: [String], command: String, asJSON: Bool) throws {
    try print(ArtifactDocument(found, warnings), command: command, asJSON: asJSON)
  }

  static func print(_ document: ArtifactDocument, command: String, asJSON: Bool) throws {
    if asJSON { return try Console.print(document: Versioned(schema: "granary.\(command)/1", artifact: document)) }
    for warning in document.warnings ?? [] { Console.note("granary: warning: \(escaped(warning))") }
    for notice in document.notices ?? [] {
      Console.note("granary: notice: \(escaped(notice.summary)) (\(escaped(notice.signer)), \(notice.issued))")
    }
    for (name, value) in lines(document) { Console.print("\(name.padding(toLength: 13, withPad: " ", startingAt: 0)) \(value)") }
  }

  private static func lines(_ document: ArtifactDocument) -> [(String, String)] {
    let verified = document.verifiedPieces.map { "\($0) of \(document.pieceCount) pieces verified" }
    let state = [document.state, verified, document.stateReason].compactMap { $0 }.joined(separator: ", ")
    let count = document.files.count
    let optional: [(String, String?)] = [
      ("name", escaped(document.name)), ("info-hash v1", document.infoHashV1), ("info-hash v2", document.infoHashV2),
      ("size", "\(ByteText.describe(document.size)) (\(document.size) bytes) in \(count) \(count == 1 ? "file" : "files")"),
      ("pieces", "\(document.pieceCount) of \(ByteText.describe(Int64(document.pieceLength)))"),
      ("private", document.private ? "yes" : "no"), ("source", document.source.map(escaped)),
      ("SSL torrent", document.sslTorrent ? "yes, root \(escaped(document.sslRoot ?? "that is no certificate"))" : nil),
      ("state", state.isEmpty ? nil : escaped(state)),
      ("labels", document.labels?.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")),
      ("trackers", escaped(document.trackers.joined().joined(separator: " "))),
      ("web seeds", escaped(document.webSeeds.joined(separator: " "))),
      ("data", document.data), ("torrent", document.torrent), ("magnet", document.magnet),
    ]
    return optional.compactMap { name, value in value.flatMap { $0.isEmpty ? nil : (name, $0) } }
  }
}

extension ArtifactDocument {
  /// What was hashed or verified.
  init(_ found: Found, _ warnings: [String]) {
    self.init(found.torrent, path: found.torrentPath)
    name = found.name
    labels = found.labels
    state = found.state.rawValue
    stateReason = found.problem
    verifiedPieces = found.pieces.population
    data = found.root
    self.warnings = warnings
  }
}
