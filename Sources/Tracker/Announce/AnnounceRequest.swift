import HTTPClient
import Metainfo

/// One announce, as both protocols carry it.
package struct AnnounceRequest: Hashable, Sendable {
  package var infoHash: SHA1Digest
  /// Taken as 20 bytes: cut, or filled up with zeros.
  package var peerID: [UInt8]
  /// Where we listen.
  package var port: UInt16
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

  /// The parameters of the HTTP request, percent-encoded.
  package var query: String {
    var parameters = [
      "info_hash=\(PercentEncoding.encode(infoHash.bytes))", "peer_id=\(PercentEncoding.encode(peerID))", "port=\(port)",
      "uploaded=\(statistics.uploaded)", "downloaded=\(statistics.downloaded)", "left=\(statistics.left)", "compact=1",
      "numwant=\(wanted)", "key=\(Hex.encode(key.bigEndianBytes))",
    ]
    if let name = event.parameter { parameters.append("event=\(name)") }
    if let trackerID { parameters.append("trackerid=\(PercentEncoding.encode(trackerID))") }
    return parameters.joined(separator: "&")
  }
}
