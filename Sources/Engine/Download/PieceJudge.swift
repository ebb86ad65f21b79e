import Metainfo
import PeerProtocol

/// Finds out who gave wrong data: one for each artifact that is being fetched.
///
/// A value without disk or network, behind the same `Mutex` as the artifact's `PiecePicker`. The writer, once it has hashed a piece, calls
/// - `failed` with who gave its blocks (`PiecePicker.givers`) and the digests of the blocks as they are on disk; then tells the picker which
///   blocks are bad, and the plugins (`onPieceFailed`) who contributed;
/// - `passed`, with digests where `needsDigests` says that somebody may be found by them.
///
/// Connections that speak v2 ask `hashRequest` when they are idle or something failed, and hand in the answers; they call `leave` when they
/// end. Each function answers whom to refuse for the artifact, and why.
///
/// With v1 hashes it is known that a piece is wrong, not where: who gave all of it is to blame; else the piece is had again, from one peer
/// where that is possible, and what differs from the piece that passed was wrong. With v2 the tree tells which blocks are.
package struct PieceJudge: Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// What is known of a piece that failed.
  package struct Finding: Sendable, Hashable {
    /// The blocks that are wrong; nil: it is not known which.
    package var badBlocks: [Int]?
    /// Those that gave some of it, each once.
    package var contributors: [PeerNumber]
    package var accusations: [Accusation]
  }

  private var blame = BlameBook()
  private var leaves: LeafBook?

  /// For a torrent's pieces. Without trees (v1) there are no leaves to ask for.
  package init(_ torrent: Torrent) {
    self.init(layout: torrent.layout, pieceLayers: torrent.infoHash.v2 == nil ? nil : torrent.pieceLayers)
  }

  init(layout: PieceLayout, pieceLayers: [SHA256Digest: [UInt8]]?) {
    leaves = pieceLayers.map { LeafBook(layout: layout, pieceLayers: $0) }
  }

  // MARK: Pieces

  /// A piece is wrong.
  /// - Parameters:
  ///   - givers: for each block the peer that gave it; nil for padding.
  ///   - digests: SHA-256 of each block as it is on disk, of the last with content without the padding that follows; empty where it could not
  ///     be read.
  package mutating func failed(_ piece: Int, givers: [PeerNumber?], digests: [SHA256Digest]) -> Finding {
    let contributors = givers.reduce(into: [PeerNumber]()) { list, giver in
      if let giver, !list.contains(giver) { list.append(giver) }
    }
    // Its own leaf, where a piece is one block, is known without asking.
    leaves?.want(piece)
    if let truth = leaves?.leaves(of: piece), !digests.isEmpty {
      return judged(piece, givers, digests, truth, contributors)
    }
    var finding = Finding(badBlocks: nil, contributors: contributors, accusations: [])
    if contributors.count == 1 {
      finding.accusations = contributors.map { Accusation(peer: $0, piece: piece, .gaveAll) }
    } else {
      blame.record(piece, givers: givers, digests: digests)
    }
    return finding
  }

  /// Whether what is right of this piece would show who was wrong before.
  package func needsDigests(_ piece: Int) -> Bool { blame.knows(piece) }

  /// A piece is right. The digests are as in `failed`.
  package mutating func passed(_ piece: Int, digests: [SHA256Digest] = []) -> [Accusation] {
    let wrong = blame.wrongBlocks(of: piece, truth: digests)
    blame.forget(piece)
    leaves?.forget(piece)
    return wrong.sorted { $0.key < $1.key }.map { Accusation(peer: $0.key, piece: piece, .differed(blocks: $0.value)) }
  }

  /// Whether a block is what its piece's tree says; nil where that is not known.
  package func isRight(_ index: Int, of piece: Int, digest: SHA256Digest) -> Bool? {
    guard let truth = leaves?.leaves(of: piece), truth.indices.contains(index) else { return nil }
    return truth[index] == digest
  }

  private func judged(
    _ piece: Int, _ givers: [PeerNumber?], _ digests: [SHA256Digest], _ truth: [SHA256Digest], _ contributors: [PeerNumber]
  ) -> Finding {
    let bad = truth.indices.filter { $0 < digests.count && digests[$0] != truth[$0] }
    // Every block with content is right and the piece is not: what fails is the v1 hash, which covers padding too, or the disk.
    guard !bad.isEmpty else { return Finding(badBlocks: nil, contributors: contributors, accusations: []) }
    var byPeer: [PeerNumber: [Int]] = [:]
    for index in bad where index < givers.count {
      if let giver = givers[index] { byPeer[giver, default: []].append(index) }
    }
    return Finding(
      badBlocks: bad, contributors: contributors,
      accusations: byPeer.sorted { $0.key < $1.key }.map { Accusation(peer: $0.key, piece: piece, .disproven(blocks: $0.value)) })
  }

  // MARK: Hashes

  /// Asks for the leaves of a piece ahead of time, so that its blocks are judged as they come.
  package mutating func wantLeaves(of piece: Int) { leaves?.want(piece) }

  /// What to ask this peer for, which speaks v2 and has the pieces for which `hasPiece` says so; it counts as asked.
  package mutating func hashRequest(for number: PeerNumber, now: Instant, hasPiece: (Int) -> Bool) -> HashRequest? {
    leaves?.request(for: number, now: now, hasPiece: hasPiece)
  }

  /// A peer's answer. Who is found by it: its sender where it is wrong, else those that gave wrong blocks of the piece before.
  package mutating func received(_ request: HashRequest, _ bytes: some Collection<UInt8>, from number: PeerNumber) -> [Accusation] {
    switch leaves?.received(request, bytes, from: number) {
    case .lie(let piece): return [Accusation(peer: number, piece: piece, .wrongHashes)]
    case .proven(let piece):
      let wrong = blame.wrongBlocks(of: piece, truth: leaves?.leaves(of: piece) ?? [])
      blame.forget(piece)
      return wrong.sorted { $0.key < $1.key }.map { Accusation(peer: $0.key, piece: piece, .disproven(blocks: $0.value)) }
    case .unasked, nil: return []
    }
  }

  package mutating func rejected(_ request: HashRequest, from number: PeerNumber) { leaves?.rejected(request, from: number) }

  /// A connection is gone. What it gave is remembered.
  package mutating func leave(_ number: PeerNumber) { leaves?.leave(number) }

  /// About once a second.
  package mutating func tick(_ now: Instant) { leaves?.tick(now) }
}
