import Foundation
import Metainfo
import Storage

/// Where a node keeps its things.
struct NodePaths: Sendable {
  /// The state directory.
  let state: String

  var inventory: String { state + "/inventory.sqlite" }
  var lock: String { state + "/lock" }
  /// What signs the journal.
  var journalKey: String { state + "/journal.key" }
  /// Where the patrol was.
  var patrol: String { state + "/patrol" }
  var torrents: String { state + "/torrents" }
  func pluginState(_ name: String) -> String { state + "/plugins/\(name).state" }

  /// The control socket: in the state directory, or, where that path is too long for a socket, under a short name in the runtime directory.
  var socket: String { socket(named: "control") }

  /// Where this process waits for the node whose place it takes.
  var heirSocket: String { socket(named: "heir-\(getpid())") }

  private func socket(named name: String) -> String {
    let direct = state + "/\(name).sock"
    guard direct.utf8.count > Self.longestSocketPath else { return direct }
    let digest = SHA1Digest.hash(of: Array(state.utf8)).description.prefix(16)
    return name == "control" ? "\(Self.runtimeDirectory)/granary-\(digest).sock" : "\(Self.runtimeDirectory)/granary-\(digest)-\(name).sock"
  }

  private static let longestSocketPath = 107

  /// The same for whoever runs as the same user, whatever the environment: a service and an operator's shell must agree.
  private static var runtimeDirectory: String {
    if getuid() == 0 { return "/run" }
    let own = "/run/user/\(getuid())"
    return access(own, W_OK) == 0 ? own : "/tmp"
  }

  /// The folders of the state directory, and itself.
  private var folders: [String] { [state, torrents, state + "/plugins"] }

  /// Deletes what killed processes were writing. To be called with the lock held: who makes an inventory holds it too.
  func sweep() {
    for folder in folders { AtomicFile.sweep(folder: folder) }
    unlink(inventory + ".new")
    sweepHeirs()
  }

  /// Where processes that are gone have waited for a node's place.
  private func sweepHeirs() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: state)) ?? [] {
      guard name.hasPrefix("heir-"), name.hasSuffix(".sock"), let pid = pid_t(name.dropFirst(5).dropLast(5)) else { continue }
      if kill(pid, 0) != 0, errno == ESRCH { unlink("\(state)/\(name)") }
    }
  }

  /// Makes the state directory with mode 0700.
  func makeFolders() throws {
    for folder in folders {
      do {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw Failure(.cannotCreate, "\(folder): cannot make the state directory: \(error.localizedDescription)")
      }
    }
  }
}
