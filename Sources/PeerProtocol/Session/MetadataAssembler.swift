import Metainfo

/// Puts a torrent's info dictionary together from what peers send of it (BEP 9), for a magnet link.
///
/// A value fed with who comes and goes, what is sent and a clock; one for each magnet, shared by its connections behind a `Mutex`. A connection
/// calls `join` once the peer's extended handshake names `ut_metadata`, `request` whenever it may send a request (after `join`, after each
/// answer, about once a second), and hands in what comes. Nothing is believed before its hash is the magnet's.
///
/// Pieces are asked of several peers at once. Where the whole is wrong, whoever sent all of it has lied; where several did, it is had again
/// from one peer at a time, so that the next failure has one author, and what differs from the right one shows who lied before.
package struct MetadataAssembler: Sendable {
  /// A connection.
  package typealias PeerNumber = UInt64
  package typealias Instant = ContinuousClock.Instant

  /// What came of a piece.
  package enum Progress: Sendable, Hashable {
    /// It was not asked for, or it is one of several.
    case more
    /// The info dictionary, whose hash is the magnet's. Those that have sent something else are to be refused.
    case complete([UInt8], liars: [PeerNumber])
    /// The whole was wrong and is had anew. Those that are known to have lied are to be refused.
    case wrong(liars: [PeerNumber])
  }

  private struct Peer: Sendable {
    var size: Int
    /// It does not give anything before this moment.
    var restsUntil: Instant?
    var asked = 0
  }

  private struct Piece: Sendable {
    let bytes: [UInt8]
    let giver: PeerNumber
  }

  private struct Question: Sendable {
    let peer: PeerNumber
    let since: Instant
  }

  /// Requests on their way to one peer.
  package static let requestsAtOnce = 4
  /// A request that is not answered in this time is made elsewhere.
  package static let patience = Duration.seconds(10)
  /// A peer that rejects or does not answer is left alone so long.
  package static let rest = Duration.seconds(30)
  /// Wrong pieces that are remembered, to find their senders later.
  private static let mostSuspects = 4_096

  private let infoHash: InfoHash
  private let limit: Int
  private var peers: [PeerNumber: Peer] = [:]
  private var refused: Set<PeerNumber> = []
  /// The length that is being tried: the one that most peers name.
  private var size = 0
  private var pieces: [Int: Piece] = [:]
  private var questions: [Int: Question] = [:]
  /// After a failure with several senders: the one that is to send everything.
  private var soloist: PeerNumber?
  private var isSolo = false
  private var suspects: [(piece: Int, digest: SHA256Digest, giver: PeerNumber, size: Int)] = []

  /// - Parameter limit: bytes of the longest info dictionary that is taken.
  package init(infoHash: InfoHash, limit: Int = BencodeLimits.torrent.size) {
    (self.infoHash, self.limit) = (infoHash, limit)
  }

  // MARK: Peers

  /// A peer offers metadata of this length (`metadata_size`). What cannot be is not asked for.
  package mutating func join(_ number: PeerNumber, size: Int) {
    guard size > 0, size <= limit, !refused.contains(number) else { return }
    if let former = peers[number], former.size == size { return }
    leave(number)
    peers[number] = Peer(size: size)
  }

  package mutating func leave(_ number: PeerNumber) {
    guard peers.removeValue(forKey: number) != nil else { return }
    for (piece, question) in questions where question.peer == number { questions[piece] = nil }
    if soloist == number { begin(size) }
  }

  // MARK: Asking

  /// The piece that this peer is to be asked for now; it is asked from then on. Nil: nothing.
  package mutating func request(for number: PeerNumber, now: Instant) -> Int? {
    settle(now)
    guard let peer = peers[number], peer.size == size, peer.asked < Self.requestsAtOnce, !isResting(peer, now) else { return nil }
    if isSolo {
      if soloist == nil { soloist = number }
      guard soloist == number else { return nil }
    }
    guard let piece = (0..<pieceCount).first(where: { pieces[$0] == nil && questions[$0] == nil }) else { return nil }
    questions[piece] = Question(peer: number, since: now)
    peers[number]?.asked += 1
    return piece
  }

  /// The peer does not give this piece.
  package mutating func rejected(_ piece: Int, from number: PeerNumber, now: Instant) {
    guard questions[piece]?.peer == number else { return }
    giveUp(piece, now)
  }

  /// Time passes: what is not answered is asked elsewhere. Called by `request` too.
  package mutating func tick(_ now: Instant) { settle(now) }

  // MARK: Answers

  /// A piece, whose length `MetadataMessage.decode` has checked against `totalSize`.
  package mutating func received(
    _ piece: Int, totalSize: Int, _ bytes: some Collection<UInt8>, from number: PeerNumber, now: Instant
  ) -> Progress {
    guard questions[piece]?.peer == number else { return .more }
    guard totalSize == size, bytes.count == length(of: piece) else {
      // It has named another length before.
      giveUp(piece, now)
      return .more
    }
    questions[piece] = nil
    peers[number]?.asked -= 1
    pieces[piece] = Piece(bytes: Array(bytes), giver: number)
    return pieces.count == pieceCount ? judge() : .more
  }

  private mutating func judge() -> Progress {
    let bytes = (0..<pieceCount).flatMap { pieces[$0]?.bytes ?? [] }
    guard isRight(bytes) else { return fail() }
    let liars = Set(suspects.filter { $0.size != size || $0.digest != digest($0.piece) }.map(\.giver)).sorted()
    return .complete(bytes, liars: liars)
  }

  private mutating func fail() -> Progress {
    let givers = Set(pieces.values.map(\.giver))
    if givers.count == 1, let liar = givers.first {
      refuse(liar)
      begin(size)
      return .wrong(liars: [liar])
    }
    for (piece, entry) in pieces where suspects.count < Self.mostSuspects {
      suspects.append((piece, SHA256Digest.hash(of: entry.bytes), entry.giver, size))
    }
    isSolo = true
    begin(size)
    return .wrong(liars: [])
  }

  private func isRight(_ bytes: [UInt8]) -> Bool {
    infoHash.v1.map { $0 == SHA1Digest.hash(of: bytes) } ?? true && infoHash.v2.map { $0 == SHA256Digest.hash(of: bytes) } ?? true
  }

  private func digest(_ piece: Int) -> SHA256Digest? { pieces[piece].map { SHA256Digest.hash(of: $0.bytes) } }

  private mutating func refuse(_ number: PeerNumber) {
    refused.insert(number)
    leave(number)
  }

  // MARK: The attempt

  private var pieceCount: Int { (size + MetadataMessage.pieceLength - 1) / MetadataMessage.pieceLength }

  private func length(of piece: Int) -> Int { min(MetadataMessage.pieceLength, size - piece * MetadataMessage.pieceLength) }

  private func isResting(_ peer: Peer, _ now: Instant) -> Bool { peer.restsUntil.map { now < $0 } ?? false }

  private mutating func begin(_ size: Int) {
    (self.size, soloist) = (size, nil)
    pieces = [:]
    for question in questions.values { peers[question.peer]?.asked -= 1 }
    questions = [:]
  }

  private mutating func giveUp(_ piece: Int, _ now: Instant) {
    guard let question = questions.removeValue(forKey: piece) else { return }
    peers[question.peer]?.asked -= 1
    peers[question.peer]?.restsUntil = now + Self.rest
    // A soloist that stops makes way, and what it sent goes with it.
    if soloist == question.peer { begin(size) }
  }

  /// Gives up what has waited too long, and chooses another length where nobody gives what is being tried.
  private mutating func settle(_ now: Instant) {
    for (piece, question) in questions where now - question.since >= Self.patience { giveUp(piece, now) }
    guard !peers.values.contains(where: { $0.size == size && !isResting($0, now) }) else { return }
    let able = peers.values.filter { !isResting($0, now) }
    let votes = Dictionary(grouping: able, by: \.size).mapValues(\.count)
    guard let best = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key, best != size else { return }
    begin(best)
  }
}
