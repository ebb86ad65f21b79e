import ArgumentParser
import Foundation
import Metainfo
import NIOCore
import NIOPosix
import Synchronization

/// Connections that announce one after the other, for so many peers of one artifact.
struct AnnounceLoad {
  struct Result {
    /// Seconds to each answer.
    let latencies: [Double]
    let seconds: Double
    /// Seconds of the tracker's CPU.
    let cpu: Double

    var rate: Double { Double(latencies.count) / seconds }
    var perCore: Double { cpu > 0 ? Double(latencies.count) / cpu : .nan }

    /// The time in milliseconds within which this part of the answers came.
    func latency(_ part: Double) -> Double {
      let sorted = latencies.sorted()
      return sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] * 1000
    }
  }

  private let tracker: MeasuredTracker
  private let connections: Int
  private let requests: [ByteBuffer]

  init(_ tracker: MeasuredTracker, connections: Int, peers: Int) {
    (self.tracker, self.connections) = (tracker, connections)
    requests = Self.requests(tracker, peers: peers)
  }

  /// The announce of each peer, by its port.
  static func requests(_ tracker: MeasuredTracker, peers: Int) -> [ByteBuffer] {
    let hash = tracker.infoHash.bytes.map { "%" + String(format: "%02X", $0) }.joined()
    return (0..<peers).map { peer in
      let id = "-GB0001-" + String(format: "%012d", peer)
      let target = "/announce?info_hash=\(hash)&peer_id=\(id)&port=\(10_000 + peer)&uploaded=0&downloaded=0&left=1&compact=1&numwant=50"
      return ByteBuffer(string: "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(tracker.port)\r\nConnection: keep-alive\r\n\r\n")
    }
  }

  /// Announces for so long.
  func run(for time: TimeAmount) throws -> Result {
    let (port, requests, loop) = (tracker.port, requests, MultiThreadedEventLoopGroup.singleton.any())
    let (before, began) = (tracker.cpu, ContinuousClock.now)
    let latencies = try loop.flatSubmit {
      let clients = (0..<connections).map { AnnounceClient(requests, from: $0 * requests.count / connections, port: port, loop: loop) }
      for client in clients { client.open() }
      let bound = NIOLoopBound(clients, eventLoop: loop)
      return loop.scheduleTask(in: time) {
        for client in bound.value { client.stop() }
        return bound.value.flatMap(\.latencies)
      }.futureResult
    }.wait()
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    return Result(latencies: latencies, seconds: seconds, cpu: tracker.cpu - before)
  }
}
