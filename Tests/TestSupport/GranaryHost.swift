import Foundation

/// A machine for one node: a folder with its configuration, its state and the data it may publish (`data/`).
package struct GranaryHost: Sendable {
  /// The folder.
  package let folder: TemporaryDirectory
  /// The network namespace that its node runs in; nil for the machine's own.
  package let member: NetworkNamespaces.Member?
  /// The program that its commands run.
  package let binary: String
  /// File systems of its own; nil for the machine's.
  package var mounts: MountNamespace?
  /// Variables that are set for its node, and for no other command.
  package var nodeEnvironment: [String: String] = [:]

  /// A host without artifacts, with this configuration; `folder` is its own from then on, one of the system's where none is given.
  package init(
    _ configuration: GranaryConfiguration = .init(), in member: NetworkNamespaces.Member? = nil, binary: String = Self.binary,
    folder: TemporaryDirectory? = nil
  ) throws {
    self.binary = binary
    self.folder = try folder ?? TemporaryDirectory("host")
    self.member = member
    try FileManager.default.createDirectory(atPath: self.folder.path("data"), withIntermediateDirectories: true)
    try configure(configuration)
  }

  /// Writes the configuration anew; a running node sees it on HUP.
  package func configure(_ configuration: GranaryConfiguration) throws {
    try folder.write(Array(configuration.yaml.utf8), to: "granary.yaml")
  }

  /// Makes an artifact in the folder that may be published from; gives its path.
  package func make(_ artifact: Artifacts, named name: String? = nil, seed: UInt64 = 1) throws -> String {
    try artifact.make(in: folder, named: "data/" + (name ?? artifact.rawValue), seed: seed)
  }

  /// The command `granary ARGUMENTS --config FILE`, not yet run.
  package func command(_ arguments: [String]) -> ProcessRunner {
    let command = ProcessRunner(binary, arguments + ["--config", folder.path("granary.yaml")], workingFolder: folder.path)
    return mounts?.wrap(command) ?? command
  }

  /// Runs a command to its end.
  package func run(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> ProcessResult {
    try await command(arguments).run(within: limit)
  }

  /// Runs a command with `--json`, which must succeed; gives its standard output.
  package func json(_ arguments: String...) async throws -> String {
    try await command(arguments + ["--json"]).output(within: .seconds(60))
  }

  /// Publishes a path with further options.
  package func publish(_ path: String, _ options: String...) async throws -> GranaryArtifact {
    let text = try await command(["publish", path, "--json"] + options).output(within: .seconds(120))
    return try GranaryJSON.decode(GranaryArtifact.self, schema: "granary.publish/1", from: text)
  }

  /// Takes a torrent and the folder that holds its data into the inventory.
  package func add(_ torrent: String, data: String) async throws -> GranaryArtifact {
    let text = try await json("add", torrent, "--data", data)
    return try GranaryJSON.decode(GranaryArtifact.self, schema: "granary.add/1", from: text)
  }

  /// What the inventory holds.
  package func list() async throws -> GranaryList { try GranaryJSON.decode(GranaryList.self, from: await json("list")) }

  /// What the running node says of itself.
  package func status() async throws -> GranaryStatus { try GranaryJSON.decode(GranaryStatus.self, from: await json("status")) }

  /// Why the peer may or may not have the artifact.
  package func why(_ peer: String, _ artifact: String) async throws -> GranaryWhy {
    try GranaryJSON.decode(GranaryWhy.self, from: await json("why", peer, artifact))
  }

  /// Starts the node and waits until it is ready.
  package func start(within limit: Duration = .seconds(120)) async throws -> GranaryProcess {
    var runner = runner(["run"])
    runner.environment.merge(nodeEnvironment) { $1 }
    let process = try runner.start()
    return try await GranaryProcess(host: self, process: process, status: ready(process, within: limit))
  }

  /// A node that was started by a command of its own, once it is ready.
  package func attach(_ process: RunningProcess, within limit: Duration = .seconds(120)) async throws -> GranaryProcess {
    try await GranaryProcess(host: self, process: process, status: ready(process, within: limit))
  }

  /// The same command, to be run where the node runs.
  package func runner(_ arguments: [String]) -> ProcessRunner {
    let command = command(arguments)
    return member?.wrap(command) ?? command
  }

  /// Asks again and again until the node is ready; each question is a process of its own, which is pause enough.
  private func ready(_ process: RunningProcess, within limit: Duration) async throws -> GranaryStatus {
    let deadline = ContinuousClock.now + limit
    var last = ""
    while ContinuousClock.now < deadline, process.exit == nil {
      let result = try await run("status", "--json", within: .seconds(60))
      if result.exit == .code(0), let status = try? GranaryJSON.decode(GranaryStatus.self, from: result.output), status.ready {
        return status
      }
      last = "\(result)"
    }
    throw ProcessFailure("the node did not get ready (\(process.exit?.description ?? "still running")): \(process.errors)\n\(last)")
  }

  /// The granary under test: `GRANARY_BINARY`, else what was built with the tests and lies beside them.
  package static let binary: String = {
    if let path = ProcessInfo.processInfo.environment["GRANARY_BINARY"] { return path }
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("granary").path
  }()
}

extension GranaryJSON {
  /// Decodes a document of the schema that its type names.
  package static func decode<Document: GranaryDocument>(_ type: Document.Type, from text: String) throws -> Document {
    try decode(type, schema: type.schemaName, from: text)
  }
}
