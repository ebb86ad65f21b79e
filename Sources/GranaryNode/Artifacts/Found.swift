import Control
import Foundation
import Inventory
import Metainfo
import Storage

/// What hashing or verifying has found, before it is in the inventory.
struct Found: Sendable {
  let torrent: Torrent
  let torrentBytes: [UInt8]
  let torrentPath: String?
  /// The operator's name for it.
  let name: String
  /// The folder that holds the data.
  let root: String
  /// By file index.
  let paths: [[String]]
  /// By file index.
  let identities: [FileIdentity?]
  let pieces: Bitfield
  let labels: [String: String]
  let isPublished: Bool
  /// What is wrong, where not all is there.
  let problem: String?
  /// What kept anything from being read at all.
  var obstacle: Obstacle?

  /// `ready` where anything can be served.
  var state: ArtifactState {
    if pieces.isFull || !pieces.isEmpty { return .ready }
    return torrent.layout.pieceCount == 0 ? .ready : .failed
  }

  /// What the inventory keeps of it.
  func data(at now: Timestamp) -> ArtifactData {
    ArtifactData(
      dataRoot: root, torrentPath: torrentPath, files: files,
      evidence: Evidence(pieces: pieces, verifiedAt: now, method: isPublished ? .hashed : .verified), state: state,
      stateReason: problem ?? "")
  }

  var identitiesByIndex: [Int: FileIdentity] {
    Dictionary(uniqueKeysWithValues: identities.enumerated().compactMap { index, identity in identity.map { (index, $0) } })
  }

  private var files: [ArtifactFile] {
    torrent.layout.files.enumerated().filter { !$0.element.isPadding }.map { index, file in
      ArtifactFile(
        index: index, path: paths.indices.contains(index) ? paths[index].joined(separator: "/") : file.displayPath, length: file.length,
        identity: identities.indices.contains(index) ? identities[index] : nil)
    }
  }
}

extension Failure {
  /// What was read is not the artifact's data any more.
  init(movedMeanwhile found: Found) {
    self.init(.inputMissing, "\(found.name) was removed, or its data is elsewhere now")
  }
}

extension Found {
  /// What is handed to a running node.
  var submission: Submission {
    var submission = Submission(
      torrent: Data(torrentBytes).base64EncodedString(), torrentPath: torrentPath, name: name, root: root, paths: paths,
      identities: identities.map { $0.map(Submission.Identity.init) }, pieces: Hex.encode(pieces.bytes), labels: labels,
      isPublished: isPublished, problem: problem)
    submission.obstacle = obstacle?.rawValue
    return submission
  }

  /// What a command handed to us, checked against itself and against the files as they are now.
  init(_ submission: Submission) throws {
    guard let bytes = Data(base64Encoded: submission.torrent).map(Array.init) else { throw Failure(.badData, "the torrent is not base64") }
    torrent = try Torrent.decode(bytes).torrent
    guard let pieces = Hex.decode(submission.pieces).flatMap({ [count = torrent.layout.pieceCount] in Bitfield(count: count, bytes: $0) }),
      submission.paths.count == torrent.layout.files.count, submission.identities.count == torrent.layout.files.count
    else { throw Failure(.badData, "pieces or files are not the torrent's") }
    (torrentBytes, torrentPath, name, root) = (bytes, submission.torrentPath, submission.name, submission.root)
    (paths, self.pieces, labels) = (submission.paths, pieces, submission.labels)
    (isPublished, problem) = (submission.isPublished, submission.problem)
    obstacle = submission.obstacle.flatMap(Obstacle.init)
    identities = submission.identities.map { $0?.value }
    if let file = fileWithoutEvidence { throw Failure(.badData, "pieces of \(file) are said to verify, and what the file was is not said") }
  }

  /// A file with content of which pieces are said to be verified, but not what the file was when they were.
  private var fileWithoutEvidence: String? {
    let layout = torrent.layout
    return layout.files.indices.first { index in
      let file = layout.files[index]
      guard identities[index] == nil, !file.isPadding, file.symlinkTarget == nil, let range = layout.pieces(ofFile: index) else {
        return false
      }
      return range.contains { pieces[$0] }
    }.map { layout.files[$0].displayPath }
  }
}
