import Foundation
import TestSupport
import Testing

extension Interop {
  /// One artifact of very many files: 100,000 in `deploy/test --soak`, a tenth of them every day.
  @Suite struct ManyFilesTests {
    private static let folders = ProcessInfo.processInfo.environment["GRANARY_SOAK"] == "1" ? 100 : 10
    private static let filesPerFolder = 1000

    @Test func `an artifact of very many files is published, served, verified and held through a restart`() async throws {
      let host = try GranaryHost()
      let original = try makeFiles(host)
      let clock = ContinuousClock()
      var times: [(what: String, time: Duration)] = []
      func timed<Value>(_ what: String, _ body: () async throws -> Value) async throws -> Value {
        let start = clock.now
        defer { times.append((what, clock.now - start)) }
        return try await body()
      }
      let artifact = try await timed("publish") { try await host.publish(original) }
      #expect(artifact.files.count == Self.folders * Self.filesPerFolder)
      let first = try await timed("start") { try await host.start(within: .seconds(120)) }
      try await timed("download") {
        var download = first.libtorrent(artifact)
        download.limit = .seconds(400)
        try await expectDownload(download, equals: original)
      }
      let memory = try first.residentMemory()
      let verified = try await timed("verify") { try await host.run("verify", artifact.name, within: .seconds(300)) }
      #expect(verified.exit == .code(0), "\(verified.errors)")
      try await first.terminate()
      let second = try await timed("restart") { try await host.start(within: .seconds(120)) }
      #expect(try await host.list().artifacts.map(\.state) == ["ready"])
      let peer = try await RawPeer.dial(second.endpoint())
      #expect(try await peer.shakeHands(artifact))
      #expect(try await peer.canDownload(piece: 4711))
      try await second.terminate()
      let figures = times.map { "\($0.what) \(String(format: "%.1f", $0.time.seconds)) s" }.joined(separator: ", ")
      print("\(artifact.files.count) files: \(figures); \(memory >> 20) MiB resident after the download")
    }

    private func makeFiles(_ host: GranaryHost) throws -> String {
      for folder in 0..<Self.folders {
        let path = host.folder.path("data/many/d\(folder)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for file in 0..<Self.filesPerFolder {
          try Data("\(folder)/\(file)".utf8).write(to: URL(fileURLWithPath: "\(path)/f\(file)"))
        }
      }
      return host.folder.path("data/many")
    }
  }
}
