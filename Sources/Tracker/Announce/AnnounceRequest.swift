import HTTPClient
import Metainfo
import PluginKit

/// One announce, as both protocols carry it.
package struct AnnounceRequest: Hashable, Sendable {
  package var infoHash: SHA1Digest
  /// Taken as 20 bytes: cut, or filled up with zeros.
  package var peerID: [UInt8]
  /// Where we listen.
  package var port: UInt16
  /// Where we are reached, where that is elsewhere.
  package var reach = AnnouncedReach()
  package var statistics: AnnounceStatistics
  package var event: AnnounceEvent
  /// How many peers we would like.
  package var wanted: Int32
  /// The same for all announces of a run, so that trackers know us again under another address (BEP 7).
  package var key: UInt32
  /// What the tracker called itself in its last answer (HTTP only).
  package var trackerID: [UInt8]?

  package init(
    infoHash: SHA1Digest, peerID: [UInt8], port: UInt16, statistics: AnnounceStatistics, event: AnnounceEvent, wanted: Int32, key: UInt32,
    trackerID: [UInt8]? = nil
  ) {
    self.peerID = Array((peerID + [UInt8](repeating: 0, count: 20)).prefix(20))
    (self.infoHash, self.port, self.statistics, self.event) = (infoHash, port, statistics, event)
    (self.wanted, self.key, self.trackerID) = (max(0, wanted), key, trackerID)
  }

  /// The parameters for a tracker of whose family nothing is known.
  package var query: String { query(over: nil) }

  /// The port that peers come to who know us by an address of this family; nil: not known which it is.
  package func port(over family: IPAddress.Family?) -> UInt16 { family.flatMap { reach.way(of: $0).port } ?? port }

  /// The parameters of the HTTP request, percent-encoded, for a tracker that is asked over addresses of this family.
  package func query(over family: IPAddress.Family?) -> String {
    var parameters = [
      "info_hash=\(PercentEncoding.encode(infoHash.bytes))", "peer_id=\(PercentEncoding.encode(peerID))",
      "port=\(port(over: family))",
      "uploaded=\(statistics.uploaded)", "downloaded=\(statistics.downloaded)", "left=\(statistics.left)", "compact=1",
      "numwant=\(wanted)", "key=\(Hex.encode(key.bigEndianBytes))",
    ]
    if let name = event.parameter { parameters.append("event=\(name)") }
    if let trackerID { parameters.append("trackerid=\(PercentEncoding.encode(trackerID))") }
    return (parameters + addresses(over: family)).joined(separator: "&")
  }

  /// Our addresses, for trackers that heed them: `ip` (BEP 3) stands for the one that the tracker sees, `ipv4` and `ipv6` (BEP 7) for that of the
  /// other family, which may come with a port of its own.
  private func addresses(over family: IPAddress.Family?) -> [String] {
    [IPAddress.Family.v4, .v6].compactMap { each in
      guard let ip = reach.way(of: each).ip else { return nil }
      if each == family || family == nil && each == .v4 { return "ip=\(PercentEncoding.encode(Array(ip.description.utf8)))" }
      let place = port(over: each) == port(over: family) ? ip.description : Endpoint(ip: ip, port: port(over: each)).description
      return (each == .v4 ? "ipv4=" : "ipv6=") + PercentEncoding.encode(Array(place.utf8))
    }
  }
}
