import NIOCore
import NIOPosix
import Testing

@testable import Engine

struct LoopReceiverTests {
  private func onLoop(_ body: @escaping @Sendable (any EventLoop) -> Void) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    try await loop.submit { body(loop) }.get()
  }

  private static func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? { buffer.withVeryUnsafeBytes(\.baseAddress) }

  @Test func onlyTheFirstReadHasMemoryOfItsOwn() async throws {
    try await onLoop { loop in
      var receiver = LoopReceiver(ReceivingManner(SharedReceiveBuffer(eventLoop: loop), loop))
      #expect(receiver.buffer(allocator: ByteBufferAllocator()).writableBytes == 128)
      let mayGrow = receiver.record(actualReadBytes: 68)
      #expect(mayGrow)
      #expect(receiver.buffer(allocator: ByteBufferAllocator()).writableBytes >= SharedReceiveBuffer.capacity)
      #expect(receiver.nextBufferSize() == nil)
    }
  }

  @Test func whatIsGivenBackIsUsedAgain() async throws {
    try await onLoop { loop in
      let shared = SharedReceiveBuffer(eventLoop: loop)
      var buffer = shared.take()
      buffer.writeString("bytes of one peer")
      let address = Self.address(buffer)
      shared.giveBack(buffer)
      buffer = ByteBuffer()
      let again = shared.take()
      #expect(again.readableBytes == 0)
      #expect(Self.address(again) == address)
    }
  }

  @Test func bytesThatSomebodyStillHoldsAreNotOverwritten() async throws {
    try await onLoop { loop in
      let shared = SharedReceiveBuffer(eventLoop: loop)
      var buffer = shared.take()
      buffer.writeString("a message that a plugin keeps")
      let kept = buffer.readSlice(length: 9)
      shared.giveBack(buffer)
      var next = shared.take()
      next.writeString("quite another message by another peer")
      #expect(kept.map { String(buffer: $0) } == "a message")
    }
  }

  @Test func buffersOfOtherSizesAreNotTaken() async throws {
    try await onLoop { loop in
      let shared = SharedReceiveBuffer(eventLoop: loop)
      shared.giveBack(ByteBuffer(string: "small"))
      #expect(shared.take().writableBytes >= SharedReceiveBuffer.capacity)
    }
  }
}
