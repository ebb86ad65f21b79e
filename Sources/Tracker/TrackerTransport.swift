import Metainfo

/// Who carries announces to trackers: the network, or a script in tests.
package protocol TrackerTransport: Sendable {
  /// Announces and returns the tracker's answer. Must end soon after its task is cancelled.
  func announce(_ request: AnnounceRequest, to url: TrackerURL) async throws(TrackerError) -> AnnounceResponse
  /// Called once, after the last announce.
  func close() async
}
