import Control
import Foundation
import Metainfo

/// Sends an artifact's data to a node elsewhere, which checks each piece as if a peer had given it; what is there is not sent again.
struct ArtifactUpload: Sendable {
  let found: Found
  let node: ControlClient
  let onProgress: @Sendable (FetchDocument) -> Void

  private static let pause = Duration.milliseconds(200)
  private static let longestPause = Duration.seconds(10)
  /// So many times what still lacks is sent again. A piece is right or it is not: once more is for what a full disk or a restart has cost.
  private static let passes = 3
  /// Looks in a row at which nothing had changed, after which what lacks is sent again.
  private static let patience = 50

  /// Gives back the artifact as the node has it, complete.
  ///
  /// - Throws: `Failure` and what the node says: also where the data here is no longer what it was when it was hashed.
  func run() async throws -> FetchDocument {
    let order = UploadOrder(torrent: Data(found.torrentBytes).base64EncodedString(), name: found.name, labels: found.labels)
    var standing = try await node.beginUpload(order)
    for _ in 0..<Self.passes {
      if standing.fetch.state == "ready" { break }
      try await send(lacking: try lacking(standing))
      standing = try await settle()
    }
    if standing.fetch.state == "ready", standing.fetch.piecesHeld == standing.fetch.pieces { return standing.fetch }
    throw Failure(
      .unavailable,
      "\(found.name) is not complete there: \(standing.fetch.piecesHeld) of \(standing.fetch.pieces) pieces"
        + (standing.fetch.reason.map { "; \($0)" } ?? ""))
  }

  private var what: String { found.torrent.infoHash.description }

  private func lacking(_ standing: UploadDocument) throws -> [Int] {
    let count = found.torrent.layout.pieceCount
    guard let held = standing.pieces.flatMap(Hex.decode).flatMap({ Bitfield(count: count, bytes: $0) }) else {
      throw Failure(.internalError, "the node does not say which pieces it has")
    }
    return (0..<count).filter { !held[$0] }
  }

  private func send(lacking: [Int]) async throws {
    let data = TorrentData(found)
    for range in Self.parts(of: lacking, found.torrent.layout) {
      let bytes = try data.read(range)
      var answer = try await node.send(bytes, at: range.lowerBound, ofUpload: what)
      var pause = Self.pause
      while !answer.taken {
        try check(answer)
        try await Task.sleep(for: pause)
        // What is not taken was sent for nothing.
        pause = min(pause * 2, Self.longestPause)
        answer = try await node.send(bytes, at: range.lowerBound, ofUpload: what)
      }
      onProgress(answer.fetch)
      if answer.fetch.state == "ready" { return }
    }
  }

  /// Waits until the artifact is complete, or nothing moves any more.
  private func settle() async throws -> UploadDocument {
    var standing = try await node.upload(what)
    var idle = 0
    while standing.fetch.state != "ready", idle < Self.patience {
      try check(standing)
      try await Task.sleep(for: Self.pause)
      let next = try await node.upload(what)
      idle = next.fetch.piecesHeld == standing.fetch.piecesHeld && next.fetch.state == standing.fetch.state ? idle + 1 : 0
      standing = next
      onProgress(standing.fetch)
    }
    return standing
  }

  /// Throws where it does not go on by itself: it was paused, or has failed.
  private func check(_ standing: UploadDocument) throws {
    let fetch = standing.fetch
    guard !["fetching", "finishing", "ready"].contains(fetch.state) else { return }
    let status = fetch.code.flatMap(ExitStatus.init(rawValue:)) ?? .unavailable
    throw Failure(status, "\(found.name): \(fetch.state): \(fetch.reason ?? "")")
  }

  /// Ranges of whole pieces that follow each other, each of at most a part's bytes; larger pieces are cut.
  static func parts(of pieces: [Int], _ layout: PieceLayout) -> [Range<Int64>] {
    let (length, most) = (Int64(layout.pieceLength), Int64(UploadDocument.mostBytes))
    var parts: [Range<Int64>] = []
    for piece in pieces {
      let begin = Int64(piece) * length
      let end = begin + Int64(layout.length(ofPiece: piece) ?? 0)
      if let last = parts.last, last.upperBound == begin, end - last.lowerBound <= most {
        parts[parts.count - 1] = last.lowerBound..<end
      } else {
        parts += stride(from: begin, to: end, by: Int(most)).map { $0..<min(end, $0 + most) }
      }
    }
    return parts
  }
}
