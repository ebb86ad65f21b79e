import Foundation
import TestSupport
import Testing

/// Downloads, and expects every byte of the original.
func expectDownload(
  _ download: Download, equals original: String, leniency: TreeComparison.Leniency? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let folder = try TemporaryDirectory("download")
  let report = try await download.run(into: folder.path)
  try expectComplete(report, download, in: folder.path, equals: original, leniency: leniency, sourceLocation: sourceLocation)
}

/// Expects that a download was complete, without a corrupt piece, and is the original. The leniency is the client's where none is given.
func expectComplete(
  _ report: ClientReport, _ download: Download, in folder: String, equals original: String, leniency: TreeComparison.Leniency? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try #require(report.ok, "\(report)", sourceLocation: sourceLocation)
  for session in report.sessions ?? [] {
    #expect(session.hashFailures == 0, "\(session)", sourceLocation: sourceLocation)
  }
  let copy = folder + "/" + URL(fileURLWithPath: original).lastPathComponent
  let differences = try TreeComparison.differences(expected: original, actual: copy, leniency: leniency ?? download.client.leniency)
  #expect(differences == [], sourceLocation: sourceLocation)
}

extension GranaryProcess {
  /// A libtorrent download of an artifact that is told of this node.
  func libtorrent(_ artifact: GranaryArtifact, from address: String = "127.0.0.2") -> Download {
    Download(client: .libtorrent, source: .torrent(artifact.torrent), address: address, peers: [endpoint()])
  }
}
