import Metainfo
import PeerProtocol
import TestSupport
import Testing

@testable import Engine

struct LayerAssemblerTests {
  private let clock = ManualClock()

  /// Files of so many pieces of one block, the last of them short; their trees by root.
  private func trees(_ pieces: [Int]) throws -> (layout: PieceLayout, trees: [SHA256Digest: MerkleTree], layers: [SHA256Digest: [UInt8]]) {
    var (files, trees, layers): ([TorrentFile], [SHA256Digest: MerkleTree], [SHA256Digest: [UInt8]]) = ([], [:], [:])
    for (index, count) in pieces.enumerated() {
      let length = Int64(count * 16_384 - 9)
      let layer = (0..<count).flatMap { SHA256Digest.hash(of: Array("\(index) \($0)".utf8)).bytes }
      let tree = try #require(MerkleTree(pieceLayer: layer, fileLength: length, pieceLength: 16_384))
      files.append(TorrentFile(path: ["\(index)"], length: length, piecesRoot: tree.root))
      trees[tree.root] = tree
      if count > 1 { layers[tree.root] = layer }
    }
    return (PieceLayout(files: files, pieceLength: 16_384, isFileAligned: true), trees, layers)
  }

  private func answer(_ request: HashRequest, _ trees: [SHA256Digest: MerkleTree]) throws -> [UInt8] {
    let hashes = trees[request.piecesRoot]?.hashes(
      baseLayer: Int(request.baseLayer), index: Int(request.index), length: Int(request.length), proofLayers: Int(request.proofLayers))
    let bytes = try #require(hashes).flatMap(\.bytes)
    #expect(bytes.count == request.hashCount * 32)
    return bytes
  }

  @Test(arguments: [[2], [1], [3, 1, 7], [512], [513], [1_025, 2, 600], [2_000]])
  func layersComeFromSeveralPeers(pieces: [Int]) throws {
    let (layout, trees, layers) = try trees(pieces)
    var assembler = LayerAssembler(layout)
    var number: PeerNumber = 0
    while !assembler.isComplete {
      number += 1
      let asked = assembler.request(for: number, now: clock.now)
      let request = try #require(asked)
      #expect(request.refusal(fileLength: layout.files.first { $0.piecesRoot == request.piecesRoot }?.length) == nil)
      let progress = assembler.received(request, try answer(request, trees), from: number)
      #expect(progress == (assembler.isComplete ? .complete : .more))
    }
    #expect(assembler.layers == layers)
    #expect(assembler.request(for: 1, now: clock.now) == nil)
  }

  @Test func aWrongHashAnywhereIsSeen() throws {
    let (layout, trees, _) = try trees([1_025])
    for position in [0, 511 * 32, 512 * 32, 513 * 32 + 31] {
      var assembler = LayerAssembler(layout)
      let asked = assembler.request(for: 1, now: clock.now)
      let request = try #require(asked)
      var bytes = try answer(request, trees)
      bytes[position] ^= 1
      #expect(assembler.received(request, bytes, from: 1) == .wrong)
      #expect(assembler.request(for: 1, now: clock.now)?.index == 512)
      #expect(assembler.request(for: 2, now: clock.now) == request)
      #expect(assembler.layers == nil)
    }
  }

  @Test func whoRejectsIsSilentOrGoesIsNotWaitedFor() throws {
    let (layout, trees, layers) = try trees([4])
    var assembler = LayerAssembler(layout)
    let asked = assembler.request(for: 1, now: clock.now)
    let request = try #require(asked)
    assembler.rejected(request, from: 2)
    #expect(assembler.request(for: 2, now: clock.now) == nil)
    assembler.rejected(request, from: 1)
    #expect(assembler.request(for: 1, now: clock.now) == nil)
    #expect(assembler.request(for: 2, now: clock.now) == request)
    clock.advance(by: .seconds(15))
    #expect(assembler.request(for: 3, now: clock.now) == request)
    #expect(assembler.received(request, try answer(request, trees), from: 2) == .more)
    assembler.leave(3)
    #expect(assembler.request(for: 4, now: clock.now) == request)
    #expect(assembler.received(request, try answer(request, trees), from: 4) == .complete)
    #expect(assembler.layers == layers)
  }
}
