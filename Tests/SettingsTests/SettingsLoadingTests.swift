import Foundation
import Settings
import TestSupport
import Testing

struct SettingsLoadingTests {
  /// A file in a folder of its own, which is gone afterwards.
  private func withFile(_ text: String, _ body: (_ folder: String, _ path: String) throws -> Void) throws {
    let folder = try TemporaryDirectory("settings")
    try body(folder.path, try folder.write(text.utf8, to: "granary.yaml"))
  }

  private static let listen = "listen: [{ address: \"127.0.0.1:6881\" }]\n"

  @Test("Relative paths start from the file's folder, whatever the current directory")
  func relativePaths() throws {
    try withFile(Self.listen + "artifacts: { roots: [data] }\n") { folder, path in
      let settings = try NodeSettings.load(path: path, environment: SettingsEnvironment(currentDirectory: "/nowhere"))
      #expect(settings.artifacts.roots == [folder + "/data"])
      #expect(settings.node.state == folder + "/state")
      #expect(settings.resolve("keys/a") == folder + "/keys/a")
      #expect(settings.resolve("/keys/a") == "/keys/a")
    }
  }

  @Test("systemd's state directory is the default; the file's word wins")
  func stateDirectory() throws {
    let environment = SettingsEnvironment(variables: ["STATE_DIRECTORY": "/var/lib/granary:/var/lib/other"])
    #expect(try load(Self.listen, environment: environment).node.state == "/var/lib/granary")
    #expect(try load(Self.listen + "node: { state: here }", environment: environment).node.state == "/etc/granary/here")
    #expect(SettingsEnvironment(variables: ["STATE_DIRECTORY": "relative"]).stateDirectory == nil)
    #expect(SettingsEnvironment(variables: ["STATE_DIRECTORY": ""]).stateDirectory == nil)
  }

  @Test("A configuration is looked for here, then in systemd's directory, then in /etc")
  func candidates() {
    #expect(SettingsEnvironment().configurationCandidates == ["./granary.yaml", "/etc/granary/granary.yaml"])
    #expect(
      SettingsEnvironment(variables: ["CONFIGURATION_DIRECTORY": "/etc/granary/"]).configurationCandidates
        == ["./granary.yaml", "/etc/granary/granary.yaml"])
    #expect(
      SettingsEnvironment(variables: ["CONFIGURATION_DIRECTORY": "/run/c"]).configurationCandidates
        == ["./granary.yaml", "/run/c/granary.yaml", "/etc/granary/granary.yaml"])
  }

  @Test("The process's own environment has a host name and an absolute current directory")
  func processEnvironment() {
    let environment = SettingsEnvironment.process(variables: [:])
    #expect(!environment.hostName.isEmpty)
    #expect(environment.currentDirectory.hasPrefix("/"))
  }

  @Test("A file that is not there, and a folder, are unreadable")
  func unreadable() throws {
    try withFile(Self.listen) { folder, _ in
      for (path, reason) in [(folder + "/none.yaml", "No such file or directory"), (folder, "Is a directory")] {
        let error = try #require(throws: SettingsErrors.self) {
          try NodeSettings.load(path: path, environment: SettingsEnvironment())
        }
        #expect(error.kind == .unreadable)
        #expect(error.description == "\(path): the configuration cannot be read: \(reason)")
      }
    }
  }

  @Test("A file that is too large is refused without being read to its end")
  func tooLarge() throws {
    try withFile(String(repeating: "# filler\n", count: 300_000)) { _, path in
      let error = try #require(throws: SettingsErrors.self) { try NodeSettings.load(path: path, environment: SettingsEnvironment()) }
      #expect(error.kind == .invalid)
      #expect(error.lines.map(\.message) == ["the file has more than 1048576 bytes; no more are read"])
    }
  }

  @Test("A file that anyone may change is a warning")
  func worldWritable() throws {
    try withFile(Self.listen) { _, path in
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
      let open = try NodeSettings.load(path: path, environment: SettingsEnvironment())
      #expect(open.warnings.map(\.description) == ["\(path): anyone on this machine may change this file (chmod o-w)"])
      try FileManager.default.setAttributes([.posixPermissions: 0o664], ofItemAtPath: path)
      #expect(try NodeSettings.load(path: path, environment: SettingsEnvironment()).warnings.isEmpty)
    }
  }
}
