import Metainfo
import PeerProtocol
import TestSupport
import Testing

@testable import Engine

struct PieceJudgeTests {
  private let now = ContinuousClock.now

  private func digests(_ bytes: Int...) -> [SHA256Digest] { bytes.map { SHA256Digest.hash(of: [UInt8(truncatingIfNeeded: $0)]) } }

  // MARK: v1

  private func judge(_ pieces: Int = 4) -> PieceJudge { PieceJudge(layout: Picking.layout(pieces), pieceLayers: nil) }

  @Test func whoGaveAllOfAPieceIsToBlame() {
    var judge = judge()
    let finding = judge.failed(2, givers: [7, 7, 7, nil], digests: digests(1, 2, 3))
    #expect(finding == .init(badBlocks: nil, contributors: [7], accusations: [Accusation(peer: 7, piece: 2, .gaveAll)]))
    #expect(!judge.needsDigests(2))
  }

  @Test func whoDiffersFromThePieceThatPassedIsToBlame() {
    var judge = judge()
    let first = judge.failed(1, givers: [7, 8, 7, 9], digests: digests(1, 2, 3, 4))
    #expect(first == .init(badBlocks: nil, contributors: [7, 8, 9], accusations: []))
    #expect(judge.needsDigests(1) && !judge.needsDigests(2))
    _ = judge.failed(1, givers: [8, 7, 8, 9], digests: digests(1, 0, 3, 5))
    #expect(
      judge.passed(1, digests: digests(1, 2, 3, 5)) == [
        Accusation(peer: 7, piece: 1, .differed(blocks: [1])), Accusation(peer: 9, piece: 1, .differed(blocks: [3])),
      ])
    #expect(!judge.needsDigests(1))
    #expect(judge.passed(1, digests: digests(9)) == [])
  }

  @Test func whatCouldNotBeReadBlamesNobody() {
    var judge = judge()
    _ = judge.failed(1, givers: [7, 8, 7, 9], digests: [])
    #expect(!judge.needsDigests(1))
    #expect(judge.passed(1, digests: digests(1, 2, 3, 4)) == [])
  }

  @Test func theBookIsBounded() {
    var book = BlameBook()
    let many = [SHA256Digest](repeating: .zero, count: 1_024)
    for piece in 0..<100 { book.record(piece, givers: [PeerNumber?](repeating: 1, count: 1_024), digests: many) }
    #expect(!book.knows(0) && !book.knows(35) && book.knows(36) && book.knows(99))
    for _ in 0..<10 { book.record(99, givers: [1], digests: digests(1)) }
    #expect(book.wrongBlocks(of: 99, truth: digests(2))[1] == [0])
  }

  // MARK: v2

  /// Two files: one of three pieces, the last of them short, and one that fits in a piece.
  private struct Tree {
    let contents = [TorrentFixtures.content(2 * 65_536 + 20_000), TorrentFixtures.content(40_000, seed: 2)]
    let layout: PieceLayout
    let layers: [SHA256Digest: [UInt8]]

    init() {
      let roots = contents.map { content in
        MerkleTree.root(leaves: Self.leaves(content))
      }
      layout = PieceLayout(
        files: zip(contents, roots).enumerated().map { TorrentFile(path: ["\($0)"], length: Int64($1.0.count), piecesRoot: $1.1) },
        pieceLength: 65_536, isFileAligned: true)
      layers = [roots[0]: TorrentFixtures.layer(contents[0], pieceLength: 65_536)]
    }

    static func leaves(_ bytes: some Collection<UInt8>) -> [SHA256Digest] {
      let bytes = Array(bytes)
      return stride(from: 0, to: bytes.count, by: 16_384).map { SHA256Digest.hash(of: bytes[$0..<min($0 + 16_384, bytes.count)]) }
    }

    func leaves(of piece: Int) -> [SHA256Digest] {
      piece == 3 ? Self.leaves(contents[1]) : Self.leaves(contents[0].dropFirst(piece * 65_536).prefix(65_536))
    }

    /// What a seed answers: the leaves, padded to the width asked for.
    func answer(_ request: HashRequest, of piece: Int) -> [UInt8] {
      let leaves = leaves(of: piece)
      return (leaves + [SHA256Digest](repeating: .zero, count: Int(request.length) - leaves.count)).flatMap(\.bytes)
    }

    var judge: PieceJudge { PieceJudge(layout: layout, pieceLayers: layers) }
  }

  @Test(arguments: 0..<4) func theTreeTellsWhichBlocksAreWrong(piece: Int) throws {
    let tree = Tree()
    var judge = tree.judge
    let right = tree.leaves(of: piece)
    var wrong = right
    wrong[wrong.count - 1] = .zero
    let givers: [PeerNumber?] = (0..<right.count).map { PeerNumber($0 + 1) }
    #expect(judge.failed(piece, givers: givers, digests: wrong).badBlocks == nil)
    let asked = judge.hashRequest(for: 9, now: now) { $0 == piece }
    let request = try #require(asked)
    #expect(request.refusal(fileLength: tree.layout.files[piece == 3 ? 1 : 0].length) == nil)
    #expect(judge.hashRequest(for: 8, now: now) { _ in true } == nil)
    let accused = Accusation(peer: PeerNumber(right.count), piece: piece, .disproven(blocks: [right.count - 1]))
    #expect(judge.received(request, tree.answer(request, of: piece), from: 9) == [accused])
    // The next try is judged by what is known now, block by block.
    #expect(judge.isRight(0, of: piece, digest: right[0]) == true)
    #expect(judge.isRight(0, of: piece, digest: .zero) == false)
    #expect(judge.isRight(99, of: piece, digest: .zero) == nil)
    let again = judge.failed(piece, givers: givers, digests: wrong)
    #expect(again.badBlocks == [right.count - 1] && again.accusations == [accused])
    #expect(judge.passed(piece, digests: right) == [])
    #expect(judge.isRight(0, of: piece, digest: right[0]) == nil)
  }

  @Test func requestsAreWhatTheSeedsTreeAnswers() throws {
    let tree = Tree()
    let root = try #require(tree.layout.files[0].piecesRoot)
    let layer = try #require(tree.layers[root])
    let whole = try #require(MerkleTree(pieceLayer: layer, fileLength: tree.layout.files[0].length, pieceLength: 65_536))
    for piece in 0..<3 {
      var judge = tree.judge
      judge.wantLeaves(of: piece)
      let asked = judge.hashRequest(for: 1, now: now) { _ in true }
      let request = try #require(asked)
      let answer = whole.hashes(
        baseLayer: Int(request.baseLayer), index: Int(request.index), length: Int(request.length), proofLayers: Int(request.proofLayers),
        leaves: .init(piece: piece, leaves: tree.leaves(of: piece)))
      #expect(judge.received(request, answer?.flatMap(\.bytes) ?? [], from: 1) == [])
      #expect(judge.isRight(0, of: piece, digest: tree.leaves(of: piece)[0]) == true)
    }
  }

  @Test func wrongHashesBlameTheirSenderAndAnotherIsAsked() throws {
    let tree = Tree()
    var judge = tree.judge
    judge.wantLeaves(of: 1)
    let asked = judge.hashRequest(for: 1, now: now) { _ in true }
    let request = try #require(asked)
    var answer = tree.answer(request, of: 1)
    answer[5] ^= 1
    #expect(judge.received(request, answer, from: 2) == [])
    #expect(judge.received(request, answer, from: 1) == [Accusation(peer: 1, piece: 1, .wrongHashes)])
    #expect(judge.hashRequest(for: 1, now: now) { _ in true } == nil)
    #expect(judge.hashRequest(for: 2, now: now) { _ in true } == request)
    judge.rejected(request, from: 2)
    #expect(judge.hashRequest(for: 3, now: now) { _ in false } == nil)
    #expect(judge.hashRequest(for: 3, now: now) { _ in true } == request)
    judge.leave(3)
    #expect(judge.hashRequest(for: 4, now: now) { _ in true } == request)
    judge.tick(now + .seconds(14))
    #expect(judge.hashRequest(for: 5, now: now) { _ in true } == nil)
    judge.tick(now + .seconds(15))
    #expect(judge.hashRequest(for: 5, now: now) { _ in true } == request)
    #expect(judge.received(request, tree.answer(request, of: 1), from: 5) == [])
    #expect(judge.isRight(1, of: 1, digest: tree.leaves(of: 1)[1]) == true)
  }

  @Test func leavesThatHideSomethingInThePaddingAreWrong() throws {
    let tree = Tree()
    var judge = tree.judge
    judge.wantLeaves(of: 2)
    let asked = judge.hashRequest(for: 1, now: now) { _ in true }
    let request = try #require(asked)
    var answer = tree.answer(request, of: 2)
    answer[answer.count - 1] = 1
    #expect(judge.received(request, answer, from: 1).first?.evidence == .wrongHashes)
  }

  @Test func aPieceOfOneBlockIsItsOwnLeaf() {
    let content = TorrentFixtures.content(3 * 16_384)
    let root = MerkleTree.root(leaves: Tree.leaves(content))
    let layout = PieceLayout(
      files: [TorrentFile(path: ["a"], length: Int64(content.count), piecesRoot: root)], pieceLength: 16_384, isFileAligned: true)
    var judge = PieceJudge(layout: layout, pieceLayers: [root: TorrentFixtures.layer(content, pieceLength: 16_384)])
    let finding = judge.failed(1, givers: [4], digests: [.zero])
    #expect(finding.badBlocks == [0] && finding.accusations == [Accusation(peer: 4, piece: 1, .disproven(blocks: [0]))])
    #expect(judge.hashRequest(for: 4, now: now) { _ in true } == nil)
  }

  @Test func reasonsAreSentences() {
    #expect(Accusation(peer: 1, piece: 4, .gaveAll).reason == "gave piece 4, which is wrong")
    #expect(Accusation(peer: 1, piece: 4, .differed(blocks: [1])).reason == "gave wrong data: block 1 of piece 4")
    #expect(
      Accusation(peer: 1, piece: 4, .disproven(blocks: [1, 2, 3, 4, 5])).reason
        == "gave data that the merkle tree disproves: blocks 1, 2, 3, 4, … of piece 4")
    #expect(Accusation(peer: 1, piece: 4, .wrongHashes).reason == "gave wrong hashes of piece 4")
  }
}
