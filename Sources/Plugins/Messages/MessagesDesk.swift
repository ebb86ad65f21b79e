internal import PluginKit

/// What all connections of the plugin share.
struct MessagesDesk: Sendable {
  let custom: [CustomMessage]
  let received: ReceivedBook
  /// Nil where the settings say nothing of notices.
  let notices: NoticeBook?
  /// Nil where nobody may ask.
  let have: HaveDesk?
  let journal: any Journal
  let counters: PluginCounters
  let nodeName: String
  let wallClock: @Sendable () -> WallTime

  /// Tells the journal why something that a peer sent is not taken.
  func refuse(_ peer: PeerContext, _ reason: String, rule: String, place: String?) {
    counters.count("messages_refused")
    record(peer, "deny", reason, rule: rule, place: place)
  }

  func record(_ peer: PeerContext, _ verdict: String, _ reason: String, rule: String, place: String?) {
    journal.record(
      JournalRecord(
        at: wallClock(), principal: peer.facts.principal, address: peer.facts.address, infoHash: peer.artifact.infoHash.preferredWire,
        artifact: peer.artifact.name, operation: Operation.message.rawValue, verdict: verdict, plugin: MessagesPlugin.name, rule: rule,
        reason: reason, place: place, generation: peer.grant.generation))
  }

  /// The peer sends so much of it that it goes.
  func closeFlood(_ peer: PeerContext, _ name: String) {
    counters.count("messages_closed_floods")
    peer.close("too many messages of \(name)")
  }

  func facts(_ peer: PeerContext) -> MessageFacts {
    MessageFacts(artifact: peer.artifact, peer: peer.facts, nodeName: nodeName, now: wallClock())
  }
}
