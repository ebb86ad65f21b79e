#if canImport(Glibc)
  import Glibc
#endif

/// What settings take from outside the file, as a value.
package struct SettingsEnvironment: Sendable {
  /// Environment variables; `STATE_DIRECTORY`, `CONFIGURATION_DIRECTORY` and `CREDENTIALS_DIRECTORY` are read, as systemd sets them.
  package var variables: [String: String]
  /// The node's name where the file gives none.
  package var hostName: String
  /// The absolute path that relative paths on the command line start from.
  package var currentDirectory: String
  /// Whether nothing has a path.
  package var isMissing: @Sendable (String) -> Bool = { CredentialFolder.isMissing($0) }

  package init(variables: [String: String] = [:], hostName: String = "localhost", currentDirectory: String = "/") {
    (self.variables, self.hostName, self.currentDirectory) = (variables, hostName, currentDirectory)
  }

  /// That of this process, with the variables given (`ProcessInfo.processInfo.environment`).
  package static func process(variables: [String: String]) -> SettingsEnvironment {
    SettingsEnvironment(variables: variables, hostName: systemHostName(), currentDirectory: workingDirectory())
  }

  /// systemd's state directory. Where it gives several, the first; nil where it gives none or no absolute path.
  package var stateDirectory: String? { directory("STATE_DIRECTORY") }

  /// systemd's configuration directory, likewise.
  package var configurationDirectory: String? { directory("CONFIGURATION_DIRECTORY") }

  /// systemd's credentials; nil where it gives none.
  package var credentials: CredentialFolder? { CredentialFolder(variables: variables) }

  /// The absolute path of a secret that a configuration in `folder` names.
  func secret(_ path: FilePath, in folder: String) -> String {
    credentials?.place(of: path.text, besides: folder, isMissing: isMissing) ?? path.resolved(in: folder)
  }

  /// Where a configuration is looked for without `--config`, in this order.
  package var configurationCandidates: [String] {
    let folders = [configurationDirectory].compactMap { $0 } + ["/etc/granary"]
    var paths = ["./granary.yaml"]
    for path in folders.map({ $0 + "/granary.yaml" }) where !paths.contains(path) { paths.append(path) }
    return paths
  }

  private func directory(_ name: String) -> String? {
    let first = variables[name]?.split(separator: ":").first.map(String.init)
    return first.flatMap { $0.hasPrefix("/") ? FilePath.resolve($0, in: "/") : nil }
  }

  private static func systemHostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    let status = gethostname(&buffer, buffer.count - 1)
    let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return status == 0 && !name.isEmpty ? name : "localhost"
  }

  private static func workingDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }
}
