import Foundation
import TestSupport

/// A running opentracker, which knows the torrents that it is told of. Debian's speaks IPv4 only and keeps a whitelist.
struct OpenTracker: Sendable {
  /// Its port, for HTTP and UDP.
  static let port = 6969

  private let process: RunningProcess
  private let folder: TemporaryDirectory
  private let address: String
  private let member: NetworkNamespaces.Member?

  /// A loopback address that no other tracker of the tests has.
  static func loopbackAddress() -> String { "127.\(Int.random(in: 100...250)).\(Int.random(in: 1...250)).\(Int.random(in: 1...250))" }

  /// The announce URL of a tracker at this address.
  static func announce(_ address: String, scheme: String = "http") -> String { "\(scheme)://\(address):\(port)/announce" }

  /// Starts a tracker for these artifacts and waits until it answers.
  static func start(at address: String, in member: NetworkNamespaces.Member? = nil, for artifacts: [GranaryArtifact]) async throws
    -> OpenTracker
  {
    let tracker = try OpenTracker(address: address, member: member, artifacts: artifacts)
    for artifact in artifacts { try await tracker.ask(about: artifact, []) }
    return tracker
  }

  private init(address: String, member: NetworkNamespaces.Member?, artifacts: [GranaryArtifact]) throws {
    (self.address, self.member) = (address, member)
    folder = try TemporaryDirectory("opentracker")
    // It refuses to run as root, and whoever changes to another user must ask for the parent's end anew.
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let list = artifacts.flatMap(\.trackerHashes).joined(separator: "\n") + "\n"
    try folder.write(Array(list.utf8), to: "whitelist")
    let user = ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--pdeathsig", "TERM"]
    let options = ["-i", address, "-p", "\(Self.port)", "-P", "\(Self.port)", "-d", folder.path, "-w", "whitelist"]
    let runner = ProcessRunner("setpriv", user + ["opentracker"] + options, workingFolder: folder.path)
    process = try (member?.wrap(runner) ?? runner).start()
  }

  /// Waits until the tracker names this `HOST:PORT` to whoever asks for the artifact.
  func waitUntilNaming(_ peer: String, for artifact: GranaryArtifact) async throws {
    try await ask(about: artifact, ["--present", peer])
  }

  /// Waits until the tracker no longer names it.
  func waitUntilForgetting(_ peer: String, for artifact: GranaryArtifact) async throws {
    try await ask(about: artifact, ["--absent", peer])
  }

  /// Asks under each of the artifact's info-hashes until the answer is as it should be.
  private func ask(about artifact: GranaryArtifact, _ condition: [String]) async throws {
    for hash in artifact.trackerHashes {
      let arguments = ["--tracker", Self.announce(address), "--info-hash", hash] + condition
      let runner = PythonScript.runner("tracker_peers.py", arguments)
      let result = try await (member?.wrap(runner) ?? runner).run(within: .seconds(40))
      guard result.exit == .code(0) else { throw ProcessFailure("\(result)\n\(process.errors)") }
    }
  }
}
