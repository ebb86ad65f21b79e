import Logging

/// What a line of the log is about: its `event`, by which programs tell lines apart. Names stay what they are; messages may change.
package enum EventName: String, Sendable, CaseIterable {
  // The node.
  case nodeReady = "node.ready"
  case nodeStopped = "node.stopped"
  case nodeHurried = "node.hurried"
  case nodeHandsOver = "node.hands_over"
  case nodeReplaced = "node.replaced"
  case nodeHandoverFailed = "node.handover_failed"
  case nodeFormerHang = "node.former_hang"
  case nodeDescriptors = "node.descriptors"
  case nodeSlow = "node.slow"
  case nodeAnswers = "node.answers"
  case configurationReloaded = "configuration.reloaded"
  case configurationRefused = "configuration.refused"
  case configurationWarning = "configuration.warning"
  case metricsFailed = "metrics.failed"
  case logReopened = "log.reopened"
  case logFailed = "log.failed"
  case logLost = "log.lost"
  // Certificates.
  case certificateRead = "certificate.read"
  case certificateFailed = "certificate.failed"
  case certificateWarning = "certificate.warning"
  // Artifacts.
  case artifactOut = "artifact.out"
  case artifactBack = "artifact.back"
  case artifactMany = "artifact.many"
  case artifactUnserved = "artifact.unserved"
  case artifactUnverified = "artifact.unverified"
  case artifactRetired = "artifact.retired"
  case artifactFetched = "artifact.fetched"
  case scrubFailed = "scrub.failed"
  case fetchFailed = "fetch.failed"
  case fetchWaiting = "fetch.waiting"
  case fetchLeftover = "fetch.leftover"
  case magnetResolved = "magnet.resolved"
  // What is stored.
  case inventoryFailed = "inventory.failed"
  case journalSigned = "journal.signed"
  case journalNewKey = "journal.new_key"
  case journalFailed = "journal.failed"
  case approvalsUnreadable = "approvals.unreadable"
  // Plugins, and their programs.
  case pluginTripped = "plugin.tripped"
  case pluginStateRefused = "plugin.state_refused"
  case pluginStoreUnreadable = "plugin.store_unreadable"
  case pluginMessage = "plugin.message"
  case programStarted = "program.started"
  case programReady = "program.ready"
  case programLine = "program.line"
  case programEnded = "program.ended"
  // Peers, by their connections' numbers.
  case peerJoined = "peer.joined"
  case peerLeft = "peer.left"
  // Trackers and catalogues.
  case announceDone = "announce.done"
  case announceFailed = "announce.failed"
  case catalogueUnsigned = "catalogue.unsigned"
  case catalogueUnreadable = "catalogue.unreadable"
  case catalogueProblem = "catalogue.problem"
  /// What libraries say.
  case library = "library"
}

extension [String: Logger.MetadataValue] {
  /// The key of an event's name.
  package static let eventKey = "event"

  /// The fields of an event.
  package static func event(_ name: EventName, _ fields: Self = [:]) -> Self {
    var all = fields
    all[eventKey] = .string(name.rawValue)
    return all
  }
}
