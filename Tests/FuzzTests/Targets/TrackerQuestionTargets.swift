import Metainfo
import PluginKit
import Tracker

/// What somebody asks the embedded tracker over HTTP: the target of a request line.
struct TrackerTargetTarget: FuzzTarget {
  static let name = "tracker-target"
  static let maximumLength = 20 << 10

  func run(_ input: [UInt8]) throws {
    guard let target = try? TrackerTarget(input) else { return }
    try promise(input.count <= TrackerTarget.longest, "a target beyond the limit")
    try promise(target.key?.count ?? 0 <= 128, "a key beyond the limit")
    switch target.question {
    case .announce(let announce, let form):
      try promise(announce.wanted ?? 0 >= 0, "fewer peers than none")
      try promise(!(announce.isSeed && announce.event == .stopped), "a seed that has stopped")
      try read(announce, form)
    case .scrape(let infoHashes): try promise(infoHashes.count <= UDPTrackerCodec.maximumScrape, "more swarms than may be asked for")
    }
  }

  /// What is answered can be read by our own client.
  private func read(_ announce: TrackerAnnounce, _ form: PeerListForm) throws {
    guard let ip = IPAddress("192.0.2.1") else { return }
    let peer = ListedPeer(address: Endpoint(ip: ip, port: announce.port), peerID: announce.peerID)
    let counts = SwarmCounts(seeders: 1, leechers: 2, downloads: 3)
    let reply = TrackerReply(interval: .seconds(60), minimumInterval: .seconds(30), counts: counts, peers: [peer])
    let read = try? AnnounceResponse(http: TrackerReplyBody.encode(.reply(reply), form: form))
    try promise(read?.peers.count == (announce.port > 0 ? 1 : 0), "an answer that our own client does not read")
  }

  func seeds() throws -> [[UInt8]] {
    let announce = AnnounceRequest(
      infoHash: .zero, peerID: Array("-GY0001-abcdefghijkl".utf8), port: 6881,
      statistics: AnnounceStatistics(uploaded: 1, downloaded: 2, left: 3), event: .started, wanted: 50, key: 9)
    let query = announce.query
    return [
      "/announce?" + query, "/0123456789abcdef/announce?\(query)&compact=0&no_peer_id=1&event=stopped",
      "/scrape?info_hash=" + PercentEncoding.encode(SHA1Digest.zero.bytes), "/scrape",
    ].map { Array($0.utf8) }
  }
}

/// What somebody asks it over UDP: one datagram.
struct TrackerDatagramTarget: FuzzTarget {
  static let name = "tracker-datagram"
  static let maximumLength = 2048

  func run(_ input: [UInt8]) throws {
    guard let question = UDPQuestion(input) else { return }
    try promise(input.count >= 16, "a question in fewer bytes than a head has")
    switch question.content {
    case .connect:
      try promise(
        UDPAnswer.connected(1, transaction: question.transaction).count <= input.count, "an answer longer than what is not proven")
    case .announce(let announce): try promise(announce.wanted ?? 0 >= 0 && input.count >= 98, "an announce that is none")
    case .scrape(let infoHashes):
      try promise((1...UDPTrackerCodec.maximumScrape).contains(infoHashes.count), "a scrape of nothing, or of too much")
      let answer = UDPAnswer.scraped(infoHashes, [:], transaction: question.transaction)
      let read = try? UDPTrackerCodec.decode(answer, addressLength: 4)
      try promise(read?.transaction == question.transaction, "an answer that our own client does not read")
    }
  }

  func seeds() throws -> [[UInt8]] {
    let announce = AnnounceRequest(
      infoHash: .zero, peerID: Array("-GY0001-abcdefghijkl".utf8), port: 6881,
      statistics: AnnounceStatistics(uploaded: 1, downloaded: 2, left: 3), event: .started, wanted: 50, key: 9)
    return [
      UDPTrackerCodec.encodeConnect(transaction: 1), UDPTrackerCodec.encode(.announce(announce), connection: 2, transaction: 3),
      UDPTrackerCodec.encode(.scrape([.zero, .zero]), connection: 2, transaction: 3),
    ]
  }
}
