import Foundation
import PluginKit
import TestSupport
import Testing
import Tracker

@testable import GranaryNode

@Suite struct AnnounceKeyFileTests {
  private static let secret = String(repeating: "k", count: 16)

  private func file(_ text: String, mode: Int = 0o600) throws -> (TemporaryDirectory, String) {
    let folder = try TemporaryDirectory("keys")
    try folder.write(Array(text.utf8), to: "announce.txt")
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path("announce.txt"))
    return (folder, folder.path("announce.txt"))
  }

  @Test func `each line is a key, and a key is an identity`() throws {
    let (folder, path) = try file("# ours\nedge  \(Self.secret)\r\n\nlab\t\(Self.secret)2\n")
    let keys = try AnnounceKeyFile.load(path)
    let proven = [Identity(trust: "fleet", name: "cn:a")]
    let shown = { (key: String?) in keys.identities(showing: key.map { Array($0.utf8) }, proven: proven)?.map(\.description) }
    #expect(shown(Self.secret) == ["fleet/cn:a", "tracker/key:edge"] && shown(Self.secret + "2") == ["fleet/cn:a", "tracker/key:lab"])
    for wrong in [nil, "", String(Self.secret.dropLast())] { #expect(shown(wrong) == nil) }
    // Where there are none, none is asked for, and none is right.
    #expect(AnnounceKeys().identities(showing: nil, proven: proven) == proven)
    #expect(AnnounceKeys().identities(showing: Array(Self.secret.utf8), proven: proven) == nil)
    withExtendedLifetime(folder) {}
  }

  @Test func `keys that others may read are refused, and so are files that are not there`() throws {
    let (folder, path) = try file("edge \(Self.secret)\n", mode: 0o640)
    let problem = #expect(throws: SettingsProblem.self) { try AnnounceKeyFile.load(path) }
    #expect(problem?.isPermission == true)
    #expect(throws: SettingsProblem.self) { try AnnounceKeyFile.load(folder.path("none.txt")) }
  }

  @Test(arguments: [
    ("edge short\n", 1), ("\nedge\n", 2), ("edge \(secret) more\n", 1), ("e/dge \(secret)\n", 1), ("edge \(secret)/\n", 1),
    ("a \(secret)\na \(secret)2\n", 2), ("a \(secret)\nb \(secret)\n", 2),
  ])
  func `what is no key is told where it stands`(text: String, line: Int) {
    let problem = #expect(throws: SettingsProblem.self) { try AnnounceKeyFile.parse(Array(text.utf8), "f") }
    #expect(problem?.place == "f:\(line)")
  }

  @Test func `a file without keys would let nobody in`() {
    #expect(throws: SettingsProblem.self) { try AnnounceKeyFile.parse(Array("# none\n".utf8), "f") }
  }
}
