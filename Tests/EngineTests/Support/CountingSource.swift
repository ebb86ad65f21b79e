import Engine
import Glibc
import Metainfo
import PluginKit
import Storage
import Synchronization

/// A source that counts what is loaded, and answers when the test lets it.
final class CountingSource: ArtifactSource {
  private struct State {
    var artifacts: [Int64: SeededArtifact] = [:]
    var failures: [Int64: any Error] = [:]
    var loads: [Int64] = []
    var isOpen = true
    var hungDevice: UInt64?
  }

  private let state = Mutex(State())

  init(_ artifacts: SeededArtifact...) {
    state.withLock { for artifact in artifacts { $0.artifacts[artifact.facts.id] = artifact } }
  }

  /// The numbers of artifacts that were loaded, in order; those of no artifact are left out.
  var loads: [Int64] { state.withLock { $0.loads.filter { $0 > 0 } } }
  /// How often something was looked for that there is not.
  var unknownLoads: Int { state.withLock { $0.loads.count { $0 <= 0 } } }

  func replace(_ artifact: SeededArtifact) { state.withLock { $0.artifacts[artifact.facts.id] = artifact } }
  func fail(_ id: Int64, _ error: (any Error)?) { state.withLock { $0.failures[id] = error } }
  /// Loads that begin wait until it is opened.
  func close() { state.withLock { $0.isOpen = false } }
  func open() { state.withLock { ($0.isOpen, $0.hungDevice) = (true, nil) } }
  /// Looks at files of this device wait until it is opened.
  func hang(device: UInt64) { state.withLock { $0.hungDevice = device } }

  func check(_ artifact: SeededArtifact) throws {
    while state.withLock({ $0.hungDevice == artifact.reader.device }) { usleep(1000) }
  }

  func load(_ id: Int64) throws -> SeededArtifact {
    let (artifact, failure) = state.withLock { state in
      state.loads.append(id)
      return (state.artifacts[id], state.failures[id])
    }
    // A thread of the disk's may wait.
    while !state.withLock({ $0.isOpen }) { usleep(1000) }
    if let failure { throw failure }
    guard let artifact else { throw ArtifactNotFound() }
    return artifact
  }
}

extension SeededArtifact {
  /// What the engine is told of it when it is to be loaded on demand.
  var served: ServedArtifact { ServedArtifact(id: facts.id, wire: facts.infoHash.wire) }
}
