import Engine
import PluginKit
import Settings

extension EngineSettings {
  /// `initial`: what the node was started with, in force for what needs a restart.
  init(_ settings: NodeSettings, initial: Limits, loops: Int, openFiles: OpenFilesLimit) {
    let limits = settings.limits
    // A peer that is refused has a reason in the journal; one that no descriptor is left for would wait in the listener's queue for ever.
    let connections = openFiles.connections(limits.connections, openFiles: initial.openFiles)
    self.init(
      listen: settings.listen.map(ListenAddress.init), eventLoops: loops, uploadSlots: UploadSlots(limits.uploadSlots),
      superSeeding: SuperSeeding(settings.superSeeding), connections: connections,
      connectionsPerAddress: limits.perAddress, handshakes: limits.handshakes, handshakeTimeout: limits.handshakeTimeout.duration,
      idleTimeout: limits.idleTimeout.duration, requestQueue: initial.requestQueue)
    connectionsPerPrincipal = limits.perPrincipal
    setRates(limits)
  }

  mutating func setRates(_ limits: Limits) {
    (uploadRate, downloadRate) = (limits.upload?.bytesPerSecond, limits.download?.bytesPerSecond)
    (uploadRatePerArtifact, uploadRatePerPrincipal) = (limits.uploadPerArtifact?.bytesPerSecond, limits.uploadPerPrincipal?.bytesPerSecond)
  }
}
