import Metainfo
import TestSupport

@testable import Engine

/// One seed and some leechers that all know each other, each with a picker and a link of so many blocks a step. Everybody serves everybody.
struct SimulatedLeechers {
  private struct Request {
    let leecher: Int
    let block: Block
  }

  let layout: PieceLayout
  private(set) var pickers: [PiecePicker]
  private(set) var step = 0
  private(set) var seedUploads = 0
  private(set) var duplicates = 0
  private(set) var faults: [String] = []
  /// By node, the seed first: what it is asked for.
  private var queues: [[Request]]
  private let rate: Int
  private let wholePieces: Bool
  private var random: SeededGenerator

  init(leechers: Int, pieces: Int, blocks: Int, rate: Int, wholePieces: Bool, seed: UInt64) {
    (self.rate, self.wholePieces) = (rate, wholePieces)
    random = SeededGenerator(seed: seed)
    layout = Picking.layout(pieces, blocks: blocks)
    queues = [[Request]](repeating: [], count: leechers + 1)
    pickers = (0..<leechers).map { [layout] in PiecePicker(layout: layout, held: Bitfield(count: pieces), seed: seed &+ UInt64($0)) }
    for index in pickers.indices {
      for number in 0...UInt64(leechers) where number != UInt64(index + 1) { pickers[index].join(number) }
      _ = pickers[index].hasAll(0)
    }
  }

  var isDone: Bool { pickers.allSatisfy(\.isComplete) }
  var blockCount: Int { Int((layout.span - 1) / Int64(Block.standardLength)) + 1 }
  var seedCopies: Double { Double(seedUploads) / Double(blockCount) }
  /// No schedule is faster than the seed's link, or than all links together.
  var bound: Double {
    let all = pickers.count * blockCount
    return max(Double(blockCount) / Double(rate), Double(all) / Double(rate * (pickers.count + 1)))
  }

  mutating func run(steps: Int) {
    for _ in 0..<steps where !isDone {
      step += 1
      for index in pickers.indices.shuffled(using: &random) { request(index) }
      for node in queues.indices.shuffled(using: &random) { serve(node) }
    }
  }

  private mutating func request(_ index: Int) {
    for node in queues.indices.shuffled(using: &random) where node != index + 1 {
      let room = 4 - pickers[index].requests(of: UInt64(node)).count
      let isEndgame = pickers[index].isEndgame
      for block in pickers[index].pick(room, UInt64(node), whole: wholePieces) {
        let isAsked = queues.contains { $0.contains { $0.leecher == index && $0.block == block } }
        if isAsked, !isEndgame { faults.append("\(block) was asked for twice by \(index)") }
        queues[node].append(Request(leecher: index, block: block))
      }
    }
  }

  private mutating func serve(_ node: Int) {
    for _ in 0..<rate {
      guard let place = queues[node].indices.randomElement(using: &random) else { return }
      let request = queues[node].remove(at: place)
      if node == 0 { seedUploads += 1 }
      deliver(request, from: node)
    }
  }

  private mutating func deliver(_ request: Request, from node: Int) {
    let receipt = pickers[request.leecher].receive(request.block, from: UInt64(node))
    if receipt.standing != .accepted { duplicates += 1 }
    for cancel in receipt.cancels {
      queues[Int(cancel.peer)].removeAll { $0.leecher == request.leecher && $0.block == cancel.block }
    }
    guard receipt.completesPiece else { return }
    let piece = Int(request.block.piece)
    _ = pickers[request.leecher].passed(piece)
    for index in pickers.indices where index != request.leecher { _ = pickers[index].has(piece, UInt64(request.leecher + 1)) }
  }
}
