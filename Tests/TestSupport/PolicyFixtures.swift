import Logging
import Metainfo
import NIOCore
import PluginKit

/// Facts, contexts and services for tests of policy and plugins.
package enum PolicyFixtures {
  /// 2026-11-23T12:00:00Z, a Monday.
  package static let noon = WallTime(nanoseconds: 1_795_435_200_000_000_000)

  /// An info-hash of which every byte is the same.
  package static func infoHash(_ byte: UInt8 = 0xAB) -> InfoHash {
    InfoHash(v1: SHA1Digest([UInt8](repeating: byte, count: 20)) ?? .zero)
  }

  /// A layout of files by path and length; a path that begins with `.pad` is a pad file.
  package static func layout(_ files: KeyValuePairs<String, Int64>, pieceLength: Int = 16, isFileAligned: Bool = false) -> PieceLayout {
    let files = files.map { path, length in
      TorrentFile(path: path.split(separator: "/").map(String.init), length: length, isPadding: path.hasPrefix(".pad"))
    }
    return PieceLayout(files: files, pieceLength: pieceLength, isFileAligned: isFileAligned)
  }

  /// An artifact.
  package static func artifact(
    _ name: String = "app-1.0", infoHash: InfoHash = infoHash(), labels: [String: String] = [:],
    layout: PieceLayout = layout(["readme.txt": 40, "secret/key": 24])
  ) -> ArtifactFacts {
    ArtifactFacts(id: 1, infoHash: infoHash, name: name, labels: labels, isPrivate: true, layout: layout)
  }

  /// A peer that dialed us from an address. The text must be one: anything else is a mistake in the test.
  package static func peer(_ address: String = "10.1.2.3", artifact: ArtifactFacts? = nil, now: WallTime = noon) -> PeerFacts {
    guard let ip = IPAddress(address) else { preconditionFailure("the test names no address: \(address)") }
    return PeerFacts(
      address: PeerAddress(ip: ip, port: 50_000), direction: .inbound, artifact: artifact, infoHash: artifact?.infoHash.preferredWire,
      now: now)
  }

  /// A connection's context on a loop of the test's.
  package static func context(
    on loop: any EventLoop, artifact: ArtifactFacts = artifact(), infoBytes: [UInt8] = [], grant: Grant = grant(),
    now: ContinuousClock.Instant = .now
  ) -> PeerContext {
    PeerContext(
      artifact: artifact, infoBytes: infoBytes, facts: peer(artifact: artifact), grant: grant, now: now,
      handle: PeerHandle(loop: loop, visit: { _ in }, flush: {}))
  }

  /// A grant of one verdict for metadata and one for requests.
  package static func grant(metadata: Verdict = .allow("test"), request: Verdict = .allow("test")) -> Grant {
    func decision(_ operation: Operation, _ verdict: Verdict) -> Decision {
      Decision(operation: operation, judgements: [Judgement(plugin: "test", verdict: verdict)])
    }
    return Grant(
      metadata: decision(.metadata, metadata), request: decision(.request, request), message: decision(.message, .allow("test")),
      generation: 1)
  }

  /// Services with fixed clocks; relative paths start from `folder`.
  package static func services(
    folder: String = "/", journal: any Journal = TestJournal(), documents: any SettingsDocuments = NoSettingsDocuments()
  ) -> PluginServices {
    let start = ContinuousClock.now
    return PluginServices(
      wallClock: { noon }, clock: { start }, journal: journal, logger: Logger(label: "test"), folder: folder, documents: documents)
  }
}
