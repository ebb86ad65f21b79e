import NIOCore
import TestSupport
import Testing

@testable import Plugins

struct ExternalFrameTests {
  private func outcome(
    _ stream: [UInt8], longest: Int = 100
  ) throws -> ByteDripVerifier.Outcome<[UInt8], ExternalFrameProblem> {
    try ByteDripVerifier.outcome(of: stream, decoder: ExternalFrameDecoder(longest: longest)) {
      (decoder, buffer) throws(ExternalFrameProblem) in
      try decoder.next(&buffer)
    }
  }

  @Test func framesComeOutWhateverTheCuts() throws {
    let frames: [[UInt8]] = [[1], Array(0..<100), [0, 0, 0, 1], [7, 7]]
    let outcome = try outcome(frames.flatMap { ExternalFrame.framed($0) } + [0, 0])
    #expect(outcome.outputs == frames)
    #expect(outcome.failure == nil && outcome.unread == 2)
  }

  @Test func aLengthThatIsTooLongIsRefusedBeforeItsBytes() throws {
    let outcome = try outcome(ExternalFrame.framed([9]) + [0, 0, 0, 101])
    #expect(outcome.outputs == [[9]])
    #expect(outcome.failure == .tooLong(101))
    #expect(try self.outcome([0xFF, 0xFF, 0xFF, 0xFF]).failure == .tooLong(.max))
  }

  @Test func aFrameOfNothingIsNone() throws {
    #expect(try outcome([0, 0, 0, 0]).failure == .empty)
  }

  @Test func aHugeLengthTakesNoMemory() throws {
    var buffer = ByteBuffer(bytes: [0, 0x10, 0, 0])
    #expect(try ExternalFrameDecoder(longest: 1 << 20).next(&buffer) == nil)
    #expect(buffer.storageCapacity < 64)
  }
}
