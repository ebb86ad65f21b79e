internal import PluginKit

extension NodeSettings {
  /// Reads a configuration file. Throws every problem at once; `SettingsErrors.Kind.unreadable` where there is no file to read.
  package static func load(path: String, environment: SettingsEnvironment) throws(SettingsErrors) -> NodeSettings {
    let file = try SettingsFile(path: path, limit: YAMLLimits().size)
    var warnings: [SettingsErrorLine] = []
    if file.isWorldWritable {
      warnings.append(SettingsErrorLine(place: path, message: "anyone on this machine may change this file (chmod o-w)"))
    }
    return try load(bytes: file.bytes, file: path, environment: environment, warnings: warnings)
  }

  /// Reads a configuration from memory. `file` is its name in messages, and the folder that relative paths start from is the one it is in.
  package static func load(
    bytes: [UInt8], file: String, environment: SettingsEnvironment, warnings: [SettingsErrorLine] = []
  ) throws(SettingsErrors) -> NodeSettings {
    let document = try YAMLDocument(parsing: bytes, file: file)
    let decoded = StrictDecoding.decode(RootSection.self, from: document.root, file: file)
    var problems = decoded.problems
    problems += missing(document.root)
    if let root = decoded.value {
      problems +=
        repeated(root) + TLSChecks(root).problems + TrackerChecks.problems(root) + CatalogueChecks.problems(root)
        + HTTPChecks.problems(root) + AnnounceChecks.problems(root) + ControlChecks.problems(root)
    }
    guard let root = decoded.value, problems.isEmpty else { throw SettingsErrors(problems, file: file) }
    return NodeSettings(root, file: file, environment: environment, warnings: warnings)
  }

  private init(_ root: RootSection, file: String, environment: SettingsEnvironment, warnings: [SettingsErrorLine]) {
    self.file = file
    let folder = FilePath.folder(of: FilePath.resolve(file, in: environment.currentDirectory))
    self.folder = folder
    node = Node(
      name: root.node?.name?.text ?? environment.hostName,
      state: root.node?.state?.resolved(in: folder) ?? environment.stateDirectory ?? FilePath.resolve("state", in: folder),
      watchdog: root.node?.watchdog.map { $0.value?.value } ?? Node.defaultWatchdog)
    links = root.links == .tls ? .tls : .any
    let announceAddress = root.announceAddress?.address ?? AnnounceAddress()
    listen = (root.listen ?? []).map { listener in
      Listener(
        address: listener.address.value.address, security: ListenSecurity(listener.tls),
        announced: (listener.announceAddress?.address ?? AnnounceAddress()).completed(by: announceAddress),
        place: listener.address.place ?? file)
    }
    self.announceAddress = announceAddress
    announceLinks = root.announceLinks?.rules ?? []
    let tls = TLSSettings(root.tls, folder: folder, file: file, environment: environment)
    self.tls = tls
    artifacts = Artifacts(roots: (root.artifacts?.roots ?? []).map { $0.value.resolved(in: folder) })
    limits = root.limits?.limits ?? Limits()
    scrub = root.scrub?.scrub ?? Scrub()
    superSeeding = root.superSeeding?.value ?? .off
    trackers = (root.trackers ?? []).map(\.text)
    tracker = root.tracker.map { Tracker($0, folder: folder, file: file, environment: environment) }
    let name = node.name
    catalogue = root.catalogue.map { Catalogue($0, nodeName: name, folder: folder, file: file, environment: environment) }
    mirror = (root.mirror ?? []).map { Mirror($0, folder: folder) }
    disk = root.disk.map { Disk($0) }
    fetch = Fetch(root.fetch)
    http = root.http.map { HTTP($0, file: file) }
    control = root.control.map { Control($0, folder: folder, file: file) }
    textfile = root.metrics?.textfile.resolved(in: folder)
    log = Log(root.log, folder: folder)
    zones = root.zones?.zones ?? []
    peers = (root.peers ?? []).map { peer in
      StaticPeer(
        address: peer.address.value.address, artifacts: peer.artifacts?.map(\.text),
        security: DialSecurity(peer.tls, links: root.links, entries: tls.entries), place: peer.address.place ?? file)
    }
    origins = (root.origins ?? []).map(\.text)
    https = root.https?.text
    pipeline = root.pipeline ?? []
    isOpen = root.open ?? false
    self.warnings =
      warnings + Self.warnings(root, folder: folder) + TLSChecks(root).warnings(file: file)
      + HTTPChecks.warnings(root, file: file) + AnnounceChecks.warnings(root, file: file) + ControlChecks.warnings(root, file: file)
  }

  /// A node that listens nowhere serves no one.
  private static func missing(_ root: YAMLNode) -> [Problem] {
    guard case .mapping = root.content else { return root.isNull ? [noListener(root.mark)] : [] }
    guard let listen = root["listen"] else { return [noListener(root.mark)] }
    if case .sequence(let items) = listen.content, !items.isEmpty { return [] }
    if case .sequence = listen.content { return [noListener(listen.mark)] }
    return listen.isNull ? [noListener(listen.mark)] : []
  }

  private static func noListener(_ mark: YAMLMark) -> Problem {
    let message = "the node listens nowhere; write: listen: [{ address: \"127.0.0.1:6881\" }]"
    return Problem(mark: mark, path: SettingsPath().appending(.key("listen")), message: message)
  }

  /// One address twice in `listen` would be a port in use; twice in `peers`, most likely another one was meant.
  private static func repeated(_ root: RootSection) -> [Problem] {
    repeated("listen", (root.listen ?? []).map(\.address).filter { $0.value.address.port > 0 })
      + repeated("peers", (root.peers ?? []).map(\.address))
  }

  private static func repeated(_ key: String, _ addresses: [Placed<SocketAddress>]) -> [Problem] {
    var first: [PeerAddress: String] = [:]
    return addresses.compactMap { placed in
      guard let place = first.updateValue(placed.place ?? "", forKey: placed.value.address) else { return nil }
      first[placed.value.address] = place
      let message = "\(placed.value.address) stands here a second time; the first is at \(place)"
      return Problem(
        mark: YAMLMark(line: .max, column: 1), place: placed.place, path: SettingsPath().appending(.key(key)), message: message)
    }
  }

  private static func warnings(_ root: RootSection, folder: String) -> [SettingsErrorLine] {
    (root.artifacts?.roots ?? []).filter { $0.value.resolved(in: folder) == "/" }.map { root in
      SettingsErrorLine(
        place: root.place ?? "", path: "artifacts.roots", message: "data may be served from anywhere on this machine")
    }
  }
}
