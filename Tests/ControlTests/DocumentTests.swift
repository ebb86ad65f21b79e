import Foundation
import Testing

@testable import Control

/// The JSON that others rely on.
struct DocumentTests {
  private func json(_ document: some Encodable) throws -> String { String(decoding: try DocumentEncoder.encode(document), as: UTF8.self) }

  @Test
  func anArtifactsHashesAndTorrentAreAlwaysThere() throws {
    let document = ArtifactDocument(
      name: "app", infoHashV1: nil, infoHashV2: "ab", pieceLength: 16_384, pieceCount: 1, size: 5, isPrivate: true,
      files: [FileDocument(path: "a/b", length: 5)], torrent: nil, magnet: "magnet:?x", source: nil, trackers: [["http://t/"]], webSeeds: []
    )
    #expect(
      try json(document) == """
        {"files":[{"length":5,"path":"a/b"}],"info_hash_v1":null,"info_hash_v2":"ab","magnet":"magnet:?x","name":"app",\
        "piece_count":1,"piece_length":16384,"private":true,"size":5,"ssl_torrent":false,"torrent":null,"trackers":[["http://t/"]],"web_seeds":[]}
        """)
    #expect(try JSONDecoder().decode(ArtifactDocument.self, from: DocumentEncoder.encode(document)) == document)
  }

  @Test
  func whyNamesPluginRuleAndPlaceEvenWhereThereIsNone() throws {
    let document = WhyDocument(
      peer: "10.0.0.1", artifact: "app", operation: "request", verdict: "allow", plugin: nil, rule: nil, reason: "r", place: nil,
      policyGeneration: 3, answers: [])
    #expect(
      try json(document) == """
        {"answers":[],"artifact":"app","live":null,"operation":"request","peer":"10.0.0.1","place":null,"plugin":null,"policy_generation":3,\
        "reason":"r","rule":null,"schema":"granary.why/1","tree":[],"verdict":"allow"}
        """)
  }

  @Test
  func errorsHaveCodeMessageAndPlace() throws {
    let document = ErrorsDocument(errors: [.init(code: 78, message: "wrong", place: "f.yaml:1:2"), .init(code: 78, message: "too")])
    #expect(try json(document) == #"{"errors":[{"code":78,"message":"wrong","place":"f.yaml:1:2"},{"code":78,"message":"too"}]}"#)
  }
}
