import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import Storage

/// Blocks from mapped windows: headers and slices, many of them in one system call, and no copy but the kernel's.
extension PeerConnection {
  /// Less than this is not worth leaving the rest of a batch for the next.
  private static let smallestRun = 16

  /// Serves the batch, or its beginning, from windows; what is left of it waits for the next turn. False where it must be read.
  func serveFromWindows(_ batch: [Block], _ swarm: Swarm) -> Bool {
    let reader = swarm.reader
    let (slices, wanted) = reader.slices(of: batch, now: core.clock.now())
    if !wanted.isEmpty { map(wanted, swarm) }
    guard slices.count == batch.count || slices.count >= Self.smallestRun else { return false }
    let served = Array(batch.prefix(slices.count))
    let rest = Array(batch.dropFirst(slices.count))
    giveBackTokens(rest)
    active?.queue.restore(rest)
    write(served, nil) { context, written in write(slices, of: served, context, written) }
    return true
  }

  private func write(_ slices: [ByteBuffer], of blocks: [Block], _ context: ChannelHandlerContext, _ written: EventLoopPromise<Void>) {
    let length = PeerMessageEncoder.pieceHeaderLength
    var headers = ByteBufferAllocator().buffer(capacity: blocks.count * length)
    for block in blocks {
      headers.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { space in
        PeerMessageEncoder.writePieceHeader(block, into: UnsafeMutableRawBufferPointer(rebasing: space[..<length]))
        return length
      }
    }
    for (index, slice) in slices.enumerated() {
      if let header = headers.readSlice(length: length) { context.write(wrapOutboundOut(header), promise: nil) }
      context.write(wrapOutboundOut(slice), promise: index == slices.count - 1 ? written : nil)
    }
  }

  /// Windows for what is asked for again and again are made by the disk's threads, for that may wait.
  private func map(_ wanted: [ArtifactReader.WantedWindow], _ swarm: Swarm) {
    let (reader, clock) = (swarm.reader, core.clock)
    for window in wanted {
      core.disk.submit(reader.device) { state in
        if state == .active { reader.map(window, now: clock.now()) }
      }
    }
  }
}
