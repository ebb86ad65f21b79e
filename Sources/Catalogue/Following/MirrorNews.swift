internal import HTTPClient
internal import Metainfo
internal import PluginKit

/// What a follower tells the journal.
struct MirrorNews: Sendable {
  let journal: any Journal
  let now: @Sendable () -> WallTime

  func accepted(_ url: HTTPURL, _ catalogue: SignedCatalogue, place: String?) {
    let document = catalogue.document
    let key = catalogue.envelope.signature.map { ", signed with the key \($0.key)" } ?? ", not signed"
    record(
      "accept", principal: url.authority, reason: "serial \(document.serial), \(document.entries.count) artifacts\(key)", place: place)
  }

  func refused(_ url: HTTPURL, _ reason: String, rule: String, place: String?) {
    record("deny", principal: url.authority, rule: rule, reason: reason, place: place)
  }

  /// Without path, which may hold a key.
  private func authority(_ catalogue: String) -> String { (try? HTTPURL(catalogue))?.authority ?? "mirror" }

  func hindered(_ reason: String) { record("deny", principal: "mirror", reason: reason) }

  func begun(_ fetch: MirrorPlan.Fetch, place: String?) {
    record(
      "fetch", artifact: (fetch.entry.name, fetch.entry.infoHash), principal: authority(fetch.catalogue), reason: fetch.reason, place: place
    )
  }

  func retried(_ artifact: HeldArtifact) {
    record("retry", artifact: (artifact.name, artifact.infoHash), principal: "mirror", reason: "its fetch had failed")
  }

  func unwanted(_ retirement: MirrorPlan.Retirement) {
    let seconds = retirement.due - retirement.since
    record(
      "unwanted", artifact: (retirement.artifact.name, retirement.artifact.infoHash), principal: "mirror",
      reason: "\(retirement.reason); it goes after \(seconds) s")
  }

  func gone(_ artifact: HeldArtifact, _ reason: String, verdict: String) {
    record(verdict, artifact: (artifact.name, artifact.infoHash), principal: verdict == "evict" ? "disk" : "mirror", reason: reason)
  }

  func refused(_ refusal: DiskPlan.Refusal) {
    record(
      "deny", artifact: (refusal.fetch.entry.name, refusal.fetch.entry.infoHash), principal: "disk", rule: "disk", reason: refusal.reason)
  }

  func failed(_ name: String, _ infoHash: InfoHash, _ reason: String) {
    record("deny", artifact: (name, infoHash), principal: "mirror", reason: reason)
  }

  private func record(
    _ verdict: String, artifact: (name: String, infoHash: InfoHash)? = nil, principal: String, rule: String? = nil, reason: String,
    place: String? = nil
  ) {
    journal.record(
      JournalRecord(
        at: now(), principal: principal, address: nil, infoHash: artifact?.infoHash.preferredWire, artifact: artifact?.name,
        operation: "mirror", verdict: verdict, plugin: "mirror", rule: rule, reason: reason, place: place))
  }
}
