import HTTPClient
import Metainfo
import NIOCore
import NIOPosix
import PluginKit
import Testing
import Tracker

/// The tracker's UDP socket, asked by our own client on loopback.
@Suite struct UDPTrackerFaceTests {
  private func with(
    _ host: String, _ plugin: ScriptedGuard = .addresses("127.", "::1"),
    _ body: (TrackerRig, TrackerURL, Endpoint) async throws -> Void
  ) async throws {
    let rig = try TrackerRig(plugin)
    let ip = try #require(IPAddress(host))
    let face = try await UDPTrackerFace.open(Endpoint(ip: ip, port: 0), tracker: rig.tracker, group: MultiThreadedEventLoopGroup.singleton)
    let address = try #require(face.address)
    do {
      try await body(rig, try TrackerURL("udp://\(address)"), address)
    } catch {
      await face.close()
      throw error
    }
    await face.close()
  }

  @Test(arguments: ["127.0.0.1", "::1"]) func `peers announce, find each other and are counted`(host: String) async throws {
    try await with(host) { _, url, _ in
      let transport = NetworkTrackerTransport(group: .singletonMultiThreadedEventLoopGroup)
      let first = try await transport.announce(announce(TrackerRig.known, port: 1001, left: 1), to: url)
      #expect(first.peers.isEmpty && first.leechers == 1)
      let second = try await transport.announce(announce(TrackerRig.known, peer: 2, port: 1002), to: url)
      #expect(second.peers == [try address(host, 1001)])
      #expect(second.seeders == 1 && second.leechers == 1)
      let counts = try await transport.scrape([TrackerRig.known, TrackerRig.forbidden, TrackerRig.unknown], at: url)
      let nobody = SwarmCounts(seeders: 0, leechers: 0, downloads: 0)
      #expect(counts[TrackerRig.known] == SwarmCounts(seeders: 1, leechers: 1, downloads: 0))
      #expect(counts[TrackerRig.forbidden] == nobody && counts[TrackerRig.unknown] == nobody)
      await transport.close()
    }
  }

  @Test(arguments: [false, true]) func `unknown and forbidden are one refusal, also where a guard is waited for`(waits: Bool) async throws {
    try await with("127.0.0.1", .addresses("127.", waiting: waits)) { _, url, _ in
      let transport = NetworkTrackerTransport(group: .singletonMultiThreadedEventLoopGroup)
      for infoHash in [TrackerRig.forbidden, TrackerRig.unknown] {
        await #expect(throws: TrackerError.refused(reason: "not authorized", retry: nil)) {
          try await transport.announce(announce(infoHash), to: url)
        }
      }
      let known = try await transport.announce(announce(TrackerRig.known), to: url)
      #expect(known.seeders == 1)
      await transport.close()
    }
  }

  @Test func `without a connection id there is nothing, and no answer is longer than what is not proven to have come`() async throws {
    try await with("127.0.0.1") { rig, _, address in
      let asked = UDPTrackerCodec.encode(.announce(announce(TrackerRig.known)), connection: 77, transaction: 5)
      let scraped = UDPTrackerCodec.encode(.scrape([TrackerRig.known]), connection: 77, transaction: 6)
      let connect = UDPTrackerCodec.encodeConnect(transaction: 7)
      let answers = try await Self.exchange([asked, scraped, connect], with: address)
      for (question, answer) in zip([asked, scraped, connect], answers) { #expect(answer.count <= question.count) }
      let replies = try answers.map { try UDPTrackerCodec.decode($0, addressLength: 4) }
      #expect(replies.map(\.transaction) == [5, 6, 7])
      #expect(replies.prefix(2).allSatisfy { $0.reply == .failed("connection id") })
      #expect(rig.tracker.figures.announces == 0 && rig.tracker.figures.peers == 0)
    }
  }

  /// Sends datagrams from one socket, one after the other; gives what each is answered with.
  private static func exchange(_ questions: [[UInt8]], with address: Endpoint) async throws -> [[UInt8]] {
    let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0) { channel in
      channel.eventLoop.makeCompletedFuture {
        try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>(wrappingChannelSynchronously: channel)
      }
    }
    let tracker = try SocketAddress(ipAddress: address.ip.description, port: Int(address.port))
    return try await channel.executeThenClose { inbound, outbound in
      var answers: [[UInt8]] = []
      var replies = inbound.makeAsyncIterator()
      for question in questions {
        try await outbound.write(AddressedEnvelope(remoteAddress: tracker, data: ByteBuffer(bytes: question)))
        if let reply = try await replies.next() { answers.append(Array(reply.data.readableBytesView)) }
      }
      return answers
    }
  }
}
