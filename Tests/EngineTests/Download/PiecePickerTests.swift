import Metainfo
import TestSupport
import Testing

@testable import Engine

struct PiecePickerTests {
  private let now = ContinuousClock.now

  // MARK: What comes first

  @Test func theRarestComesFirst() {
    var picker = Picking.picker(4)
    picker.add(1)
    picker.add(2, [0, 1, 3])
    picker.add(3, [0, 3])
    picker.add(4, [0])
    #expect(picker.pieces(16, 1) == [2, 1, 3, 0])
  }

  @Test func whoComesGoesAndLosesChangesTheOrder() {
    var picker = Picking.picker(3)
    picker.add(1)
    picker.add(2, [0, 1])
    picker.leave(2)
    picker.add(3, [1])
    #expect(picker.has(2, 3) == true || picker.isInteresting(3))
    _ = picker.has(0, 3)
    _ = picker.lost(2, 3)
    #expect(picker.order.availability(0) == 1 && picker.order.availability(1) == 1 && picker.order.availability(2) == 0)
    #expect(picker.pieces(4, 1) == [2])
  }

  @Test func aSeedThatLosesAPieceCountsWithTheOthers() {
    var picker = Picking.picker(3)
    picker.add(1)
    picker.add(2)
    #expect(picker.lost(1, 2) == false)
    #expect(picker.order.availability(0) == 1 && picker.order.availability(1) == 0 && picker.order.availability(2) == 1)
    picker.leave(2)
    #expect((0..<3).allSatisfy { picker.order.availability($0) == 0 })
  }

  @Test func theFirstPiecesAreTakenAtRandom() {
    let first = (1...20 as ClosedRange<UInt64>).map { seed in
      var picker = Picking.picker(50, randomPieces: 4, seed: seed)
      picker.add(1)
      // Piece 49 is the rarest by far.
      for number in 2...6 as ClosedRange<PeerNumber> { picker.add(number, Array(0..<49)) }
      return picker.pieces(4, 1)
    }
    #expect(Set(first).count > 10)
    #expect(first.count { $0 == [49] } < 5)
  }

  @Test func equalsAreTakenAtRandom() {
    let picks = (1...20 as ClosedRange<UInt64>).map { seed in
      var picker = Picking.picker(50, seed: seed)
      picker.add(1)
      return picker.pieces(4, 1)
    }
    #expect(Set(picks).count > 10)
  }

  @Test func theNearestToItsEndIsFinishedFirst() {
    var picker = Picking.picker(10)
    for number in 1...3 as ClosedRange<PeerNumber> { picker.add(number) }
    let one = picker.pick(3, 1)
    let other = picker.pick(2, 2)
    // The second peer takes what the first has left before it begins a piece.
    #expect(one.first?.piece == other.first?.piece && one.first?.piece != other.last?.piece)
    #expect(picker.pick(3, 3).map(\.piece) == [UInt32](repeating: other.last?.piece ?? 99, count: 3))
  }

  @Test func prioritiesStandAboveRarity() {
    var picker = Picking.picker(4, priorities: [.low, .skip, .high, .normal])
    picker.add(1)
    picker.add(2, [2, 3])
    #expect(picker.pieces(16, 1) == [2, 3, 0])
    #expect(picker.lackingCount == 3)
  }

  @Test func suggestionsComeFirstAmongEquals() {
    var picker = Picking.picker(20)
    picker.add(1)
    picker.suggests(7, 1)
    picker.suggests(11, 1)
    picker.suggests(99, 1)
    #expect(picker.pieces(8, 1) == [11, 7])
  }

  @Test func aFastPeerHasPiecesOfItsOwn() {
    var picker = Picking.picker(10)
    picker.add(1)
    picker.add(2)
    let own = picker.pick(2, 1, whole: true)
    let other = picker.pick(8, 2)
    #expect(Set(other.map(\.piece)).isDisjoint(with: own.map(\.piece)))
    // Unless there is nothing else.
    let rest = picker.pick(100, 2)
    #expect(rest.last?.piece == own.first?.piece)
  }

  // MARK: Choke

  @Test func whileChokedOnlyAllowedPiecesAreAskedFor() {
    var picker = Picking.picker(10)
    picker.add(1, [3, 4])
    #expect(picker.pick(10, 1, choked: true) == [])
    picker.allowsFast(4, 1)
    picker.allowsFast(5, 1)
    picker.allowsFast(-1, 1)
    #expect(picker.pick(10, 1, choked: true) == (0..<4).map { Picking.block(4, $0) })
  }

  // MARK: Interest

  @Test func interestFollowsWhatIsLacking() {
    var picker = Picking.picker(3, held: [0])
    picker.join(1)
    #expect(!picker.isInteresting(1))
    #expect(picker.has(0, 1) == false)
    #expect(picker.has(1, 1) == true)
    #expect(picker.has(1, 1) == false)
    #expect(picker.has(2, 1) == false)
    picker.add(2, [1])
    #expect(picker.passed(1).uninteresting == [2])
    #expect(picker.isInteresting(1))
    #expect(picker.lost(2, 1) == true)
    #expect(picker.lost(1) == [1, 2])
    #expect(picker.heldPieces == Picking.bitfield([0], count: 3))
  }

  @Test func completenessIsOfWhatIsWanted() {
    var picker = Picking.picker(3, priorities: [.normal, .skip, .normal])
    picker.add(1)
    #expect(picker.bytesLeft == Int64(2 * 65_536 - 100))
    picker.finish(0, from: 1)
    picker.finish(2, from: 1)
    #expect(picker.isComplete && picker.bytesLeft == 0)
    #expect(picker.pick(10, 1) == [])
    #expect(picker.select([.skip, .high, .skip]).interest == [1])
    #expect(!picker.isComplete)
    #expect(picker.pieces(4, 1) == [1])
    #expect(picker.select([]).cancels == (0..<4).map { CancelledRequest(peer: 1, block: Picking.block(1, $0)) })
    #expect(picker.isComplete)
  }

  // MARK: Blocks that come and do not

  @Test func aBlockIsAskedOfOnePeerOnly() {
    var picker = Picking.picker(5)
    picker.add(1)
    picker.add(2)
    let blocks = picker.pick(7, 1) + picker.pick(7, 2) + picker.pick(6, 1)
    #expect(Set(blocks).count == 20)
    #expect(picker.isEndgame)
  }

  @Test func whatIsReleasedIsAskedOfAnother() {
    var picker = Picking.picker(1)
    picker.add(1)
    picker.add(2)
    let blocks = picker.pick(4, 1)
    picker.release(blocks[1], from: 2)
    picker.release(blocks[1], from: 1)
    picker.release(blocks[1], from: 1)
    #expect(picker.pick(4, 2) == [blocks[1]])
    picker.leave(2)
    #expect(picker.pick(4, 1) == [blocks[1]])
  }

  @Test func aPieceOfWhichNothingIsThereIsChosenAnew() {
    var picker = Picking.picker(2)
    picker.add(1)
    picker.add(2)
    for block in picker.pick(4, 1) { picker.release(block, from: 1) }
    #expect(picker.partialCount == 0 && picker.order.count == 2)
  }

  @Test func aBlockThatComesLateIsTakenUnlessItIsThere() {
    var picker = Picking.picker(2)
    picker.add(1)
    picker.add(2)
    let block = picker.pick(1, 1)[0]
    picker.release(block, from: 1)
    #expect(picker.receive(block, from: 1).standing == .accepted)
    #expect(picker.receive(block, from: 2).standing == .duplicate)
    #expect(picker.givers(of: Int(block.piece)) == [1, nil, nil, nil])
    _ = picker.passed(Int(block.piece))
    #expect(picker.receive(block, from: 1).standing == .unwanted)
    #expect(picker.receive(Block(piece: 0, offset: 1, length: 16_384), from: 1).standing == .unwanted)
    #expect(picker.receive(Block(piece: .max, offset: 0, length: 16_384), from: 1).standing == .unwanted)
  }

  @Test func whatCouldNotBeWrittenIsAskedForAgain() {
    var picker = Picking.picker(1)
    picker.add(1)
    let blocks = picker.pick(4, 1)
    for block in blocks { _ = picker.receive(block, from: 1) }
    picker.lose(blocks[2])
    #expect(picker.pick(4, 1) == [blocks[2]])
  }

  @Test func theLastBlockSaysThatThePieceIsThere() {
    var picker = Picking.picker(2)
    picker.add(1)
    let receipts = picker.pick(4, 1).map { picker.receive($0, from: 1).completesPiece }
    #expect(receipts == [false, false, false, true])
  }

  // MARK: writeRequest

  @Test func whatIsWithheldIsNotOfferedBeforeItsTime() {
    var picker = Picking.picker(1)
    picker.add(1)
    picker.add(2)
    let blocks = picker.pick(4, 1, now: now)
    for block in blocks.prefix(2) { picker.withhold(block, from: 1, until: now + .seconds(5)) }
    picker.withhold(blocks[2], from: 1, until: nil)
    #expect(picker.pick(4, 1, now: now) == [])
    #expect(picker.pick(4, 1, now: now + .seconds(4)) == [])
    #expect(picker.pick(4, 1, now: now + .seconds(5)) == Array(blocks.prefix(2)))
    #expect(picker.pick(4, 2, now: now + .seconds(5)) == [blocks[2]])
    // Nor in the endgame.
    #expect(picker.isEndgame)
    #expect(picker.pick(4, 1, now: now + .seconds(100)) == [])
    for number in [1, 2] as [PeerNumber] { picker.leave(number) }
    picker.add(1)
    #expect(picker.pick(4, 1, now: now).contains(blocks[2]))
  }

  @Test func piecesThatAreWithheldWholeCostNothing() {
    var picker = Picking.picker(2_000, blocks: 1)
    picker.add(1)
    for _ in 0..<1_999 {
      for block in picker.pick(1, 1, now: now) { picker.withhold(block, from: 1, until: now + .seconds(9)) }
    }
    let last = picker.pick(10, 1, now: now)
    #expect(last.count == 1)
    #expect(picker.pick(10, 1, now: now + .seconds(8)) == [])
    #expect(picker.pick(10, 1, now: now + .seconds(9)).count == 10)
  }

  // MARK: Endgame

  @Test func theEndgameAsksSoManyPeersAndCancelsAtTheLosers() {
    var picker = Picking.picker(1)
    for number in 1...4 as ClosedRange<PeerNumber> { picker.add(number) }
    let blocks = picker.pick(4, 1)
    #expect(Set(picker.pick(4, 2)) == Set(blocks))
    #expect(picker.pick(4, 2) == [])
    #expect(Set(picker.pick(2, 3)).count == 2)
    #expect(picker.pick(4, 4).count == 2)
    #expect(picker.pick(4, 4) == [])
    let receipt = picker.receive(blocks[0], from: 2)
    #expect(receipt.standing == .accepted)
    #expect(receipt.cancels.count == 2 && receipt.cancels.contains(CancelledRequest(peer: 1, block: blocks[0])))
    #expect(!picker.requests(of: 1).contains(blocks[0]))
    #expect(picker.receive(blocks[0], from: 1).standing == .duplicate)
    // One that drops out leaves the block with the others.
    picker.release(blocks[1], from: 1)
    #expect(picker.isEndgame)
  }

  // MARK: Bad pieces

  @Test func aFailedPieceIsGivenByOnePeerAndThoseOnParoleGetTheirOwn() {
    var picker = Picking.picker(5)
    for number in 1...3 as ClosedRange<PeerNumber> { picker.add(number) }
    let blocks = picker.pick(2, 1) + picker.pick(2, 2)
    let piece = Int(blocks[0].piece)
    for (index, block) in blocks.enumerated() { _ = picker.receive(block, from: index < 2 ? 1 : 2) }
    #expect(picker.failed(piece) == [1, 2])
    #expect(picker.pieces(4, 3) == [piece])
    for block in blocks { _ = picker.receive(block, from: 3) }
    let own = picker.pieces(2, 1)
    // A peer on parole joins nobody, and nobody joins it.
    #expect(Set(picker.pieces(4, 2)).isDisjoint(with: own))
    #expect(picker.failed(piece) == [3])
    #expect(picker.peers[1]?.isOnParole == true && picker.peers[3]?.isOnParole == false)
    picker.finish(own[0], from: 1)
    #expect(picker.peers[1]?.isOnParole == false)
  }

  @Test func onlyBlocksThatAreKnownToBeBadAreHadAgain() {
    var picker = Picking.picker(1)
    picker.add(1)
    let blocks = picker.pick(4, 1)
    for block in blocks { _ = picker.receive(block, from: 1) }
    #expect(picker.failed(0, badBlocks: [2]) == [1])
    #expect(picker.pick(4, 1) == [blocks[2]])
    #expect(picker.peers[1]?.isOnParole == false)
  }

  // MARK: Shapes

  @Test func paddingIsNotAskedFor() {
    let layout = PieceLayout(
      files: [
        TorrentFile(path: ["a"], length: 20_000), TorrentFile(path: [".pad"], length: 65_536 - 20_000, isPadding: true),
        TorrentFile(path: ["b"], length: 5),
      ], pieceLength: 65_536, isFileAligned: false)
    var picker = PiecePicker(layout: layout, held: Bitfield(count: 2), seed: 1)
    picker.add(1)
    let blocks = picker.pick(10, 1).sorted { ($0.piece, $0.offset) < ($1.piece, $1.offset) }
    #expect(blocks == [Picking.block(0, 0), Picking.block(0, 1), Block(piece: 1, offset: 0, length: 5)])
    _ = picker.receive(blocks[0], from: 1)
    #expect(picker.receive(blocks[1], from: 1).completesPiece)
    #expect(picker.givers(of: 0) == [1, 1, nil, nil])
  }

  @Test func aTorrentOfNothingIsComplete() {
    let layout = PieceLayout(files: [], pieceLength: 65_536, isFileAligned: false)
    var picker = PiecePicker(layout: layout, held: Bitfield(count: 0), seed: 1)
    picker.add(1)
    #expect(picker.isComplete && !picker.isEndgame && picker.pick(5, 1) == [])
  }

  @Test func filesGivePiecesTheirPriorities() {
    let layout = PieceLayout(
      files: [TorrentFile(path: ["a"], length: 150), TorrentFile(path: ["b"], length: 0), TorrentFile(path: ["c"], length: 100)],
      pieceLength: 100, isFileAligned: false)
    #expect(PiecePriority.pieces(of: layout, files: [0: .low, 1: .high, 9: .high]) == [.low, .low, .skip])
    #expect(PiecePriority.pieces(of: layout, files: [0: .low, 2: .high]) == [.low, .high, .high])
  }
}
