import NIOCore
import NIOPosix

/// Peers that a tracker is to remember all at once, a thousand at each of many addresses of the loopback network.
struct TrackerTable {
  private static let perAddress = 1000

  let tracker: MeasuredTracker
  let peers: Int

  /// Has all of them announce themselves once; gives how many bytes of memory more the tracker has after it.
  func fill() throws -> Int {
    let (before, loop) = (tracker.memory, MultiThreadedEventLoopGroup.singleton.any())
    let (port, addresses) = (tracker.port, (peers + Self.perAddress - 1) / Self.perAddress)
    let requests = AnnounceLoad.requests(tracker, peers: Self.perAddress)
    try loop.flatSubmit {
      let ends = (0..<addresses).map { index in
        let over = loop.makePromise(of: Void.self)
        let source = "127.8.\(index / 250).\(index % 250 + 1)"
        let most = min(Self.perAddress, peers - index * Self.perAddress)
        AnnounceClient(requests, from: 0, port: port, loop: loop, source: source, most: most, over: over).open()
        return over.futureResult
      }
      return EventLoopFuture.andAllSucceed(ends, on: loop)
    }.wait()
    return tracker.memory - before
  }
}
