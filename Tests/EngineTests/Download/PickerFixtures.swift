import Metainfo
import TestSupport

@testable import Engine

/// Short ways to say what tests of the download side say often.
enum Picking {
  /// So many pieces, each of so many blocks; the last block of all is short.
  static func layout(_ pieces: Int, blocks: Int = 4) -> PieceLayout {
    PieceLayout(
      files: [TorrentFile(path: ["a"], length: Int64(pieces * blocks * Block.standardLength - 100))],
      pieceLength: blocks * Block.standardLength, isFileAligned: false)
  }

  static func picker(
    _ pieces: Int, blocks: Int = 4, held: [Int] = [], priorities: [PiecePriority]? = nil, randomPieces: Int = 0, seed: UInt64 = 1
  ) -> PiecePicker {
    var settings = PickerSettings()
    settings.randomPieces = randomPieces
    return PiecePicker(
      layout: layout(pieces, blocks: blocks), held: bitfield(held, count: pieces), priorities: priorities, settings: settings, seed: seed)
  }

  static func bitfield(_ pieces: [Int], count: Int) -> Bitfield {
    var bitfield = Bitfield(count: count)
    for piece in pieces { bitfield[piece] = true }
    return bitfield
  }

  static func block(_ piece: Int, _ index: Int) -> Block {
    Block(piece: UInt32(piece), offset: UInt32(index * Block.standardLength), length: UInt32(Block.standardLength))
  }
}

extension PiecePicker {
  /// A peer that has these pieces, or all.
  mutating func add(_ number: PeerNumber, _ pieces: [Int]? = nil) {
    join(number)
    _ = pieces.map { has(Picking.bitfield($0, count: layout.pieceCount), number) } ?? hasAll(number)
  }

  mutating func pick(_ count: Int, _ number: PeerNumber, whole: Bool = false, choked: Bool = false, now: ContinuousClock.Instant = .now)
    -> [Block]
  {
    pick(PickDemand(count, isChoked: choked, prefersWholePieces: whole), for: number, now: now)
  }

  /// The pieces of the next blocks, each once, in order.
  mutating func pieces(_ count: Int, _ number: PeerNumber, whole: Bool = false, choked: Bool = false) -> [Int] {
    pick(count, number, whole: whole, choked: choked).reduce(into: []) { if $0.last != Int($1.piece) { $0.append(Int($1.piece)) } }
  }

  /// Everything of a piece comes from one peer, and is right.
  mutating func finish(_ piece: Int, from number: PeerNumber) {
    for index in 0..<4 where piece < layout.pieceCount {
      if let block = PieceShape(piece, of: layout)?.block(index) { _ = receive(block, from: number) }
    }
    _ = passed(piece)
  }
}
