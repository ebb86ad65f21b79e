import Metainfo
import NIOCore
import Testing

@testable import Engine

struct BlockRunTests {
  private func block(_ index: Int, piece: Int = 3, length: Int = Block.standardLength) -> Block {
    Block(piece: UInt32(piece), offset: UInt32(index * Block.standardLength), length: UInt32(length))
  }

  private func bytes(_ value: UInt8, _ count: Int = Block.standardLength) -> ByteBuffer { ByteBuffer(repeating: value, count: count) }

  @Test func `What follows is taken in, and nothing else`() throws {
    var run = BlockRun(block(0), bytes: bytes(0))
    let offered = [block(1), block(3), block(2, piece: 4), block(1), block(2, length: 5)]
    let taken = offered.map { run.append($0, bytes(UInt8($0.offset >> 14), Int($0.length))) }
    #expect(taken == [true, false, false, false, true])
    #expect(run.blocks == [block(0), block(1), block(2, length: 5)])
    #expect(try #require(run.bytes).readableBytes == 2 * Block.standardLength + 5)
  }

  @Test func `A run has an end, and none begins with what a plugin has taken`() {
    var run = BlockRun(block(0), bytes: bytes(0))
    let appended = (1...32).count { run.append(block($0), bytes(1)) }
    #expect(appended == BlockRun.most / Block.standardLength - 1)
    var taken = BlockRun(block(0), bytes: nil)
    let isAppended = taken.append(block(1), bytes(1))
    #expect(!isAppended && taken.blocks == [block(0)])
  }

  @Test func `A run of blocks has exactly their bytes`() throws {
    let blocks = [block(1), block(2, length: 7)]
    let run = try #require(BlockRun(blocks, bytes: bytes(1, Block.standardLength + 7)))
    #expect(run.blocks == blocks && run.piece == 3 && run.offset == UInt32(Block.standardLength))
    #expect(BlockRun(blocks, bytes: bytes(1, Block.standardLength)) == nil && BlockRun([], bytes: ByteBuffer()) == nil)
  }

  @Test func `A run that fills little of its memory gives it back`() {
    let buffers = RunBuffers()
    var memory = buffers.take()
    memory.writeImmutableBuffer(bytes(9))
    var run = BlockRun(block(0), bytes: memory)
    let free = run.shrink()
    #expect((free?.storageCapacity ?? 0) >= BlockRun.most && run.bytes == bytes(9) && (run.bytes?.storageCapacity ?? .max) < BlockRun.most)
    let again = run.shrink()
    #expect(again == nil)
  }
}
