import Metainfo
import Testing

@testable import Control

/// What is drawn of pieces.
struct PieceMapTests {
  private func bits(_ count: Int, _ held: some Sequence<Int>) -> Bitfield {
    var bits = Bitfield(count: count)
    for piece in held { bits[piece] = true }
    return bits
  }

  @Test func `a cell is 9 only where all of its pieces are here, and 0 only where none is`() {
    let map = PieceMap(bits(1000, Array(0..<251) + [999]), cells: 4)
    #expect(map.cells == "9101" && map.held == 252 && map.pieces == 1000)
    #expect(PieceMap(bits(1000, 0..<999), cells: 1).cells == "8")
  }

  @Test func `fewer pieces than cells have a cell each`() {
    #expect(PieceMap(bits(5, [1, 4]), cells: 64).cells == "09009")
  }

  @Test(arguments: [0, 1, 7, 64, 65, 1023, 4097])
  func `cells cover every piece once`(count: Int) {
    for most in [1, 3, 64, 1024] {
      var seen: [Int] = []
      let text = PieceCells(pieces: count, most: most).map { range in
        seen += range
        return range.isEmpty ? "?" : "x"
      }
      #expect(seen == Array(0..<count) && text.count == min(count, most) && !text.contains("?"))
    }
  }

  @Test func `all and nothing need no cells`() {
    #expect(PieceMap(Bitfield(count: 9, filled: true), cells: 64).cells == nil)
    #expect(PieceMap(Bitfield(count: 9), cells: 64).cells == nil)
    #expect(PieceMap(Bitfield(count: 0), cells: 64) == PieceMap(pieces: 0, held: 0))
  }

  @Test func `a swarm's cell has the copies of its rarest piece`() {
    let peers = [bits(6, [0, 1, 2, 4]), bits(6, [0, 2, 4]), bits(6, [0, 4, 5])]
    let map = SwarmMap(peers, connected: 8, pieces: 6, cells: 3)
    #expect(map.cells == "101" && map.rarest == 0 && map.counted == 3 && map.connected == 8)
    let crowd = SwarmMap([Bitfield](repeating: Bitfield(count: 2, filled: true), count: 40), connected: 40, pieces: 2, cells: 3)
    #expect(crowd.cells == "zz" && crowd.rarest == 40)
  }

  @Test func `a peer's set of another length counts as far as it goes`() {
    #expect(SwarmMap([Bitfield(count: 3, filled: true)], connected: 1, pieces: 5, cells: 5).cells == "11100")
    #expect(SwarmMap([], connected: 0, pieces: 0, cells: 5).cells.isEmpty)
  }
}
