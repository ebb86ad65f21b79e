import Settings
import Testing

struct FetchSettingsTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:1\" }]\n"

  @Test("Nothing said is what everybody may read, and belongs to the node")
  func nothing() throws {
    let fetch = try load(Self.listen).fetch
    #expect(fetch.fileMode == 0o644 && fetch.executableMode == 0o755 && fetch.folderMode == 0o755)
    #expect(!fetch.allocatesWhole && fetch.owner == nil && fetch.group == nil)
  }

  @Test("Modes, owners and allocation are read")
  func everything() throws {
    let text =
      "fetch: { allocate: whole, file-mode: \"0640\", executable-mode: \"750\", folder-mode: \"0710\", owner: depot, group: \"7\" }"
    let fetch = try load(Self.listen + text).fetch
    #expect(fetch.fileMode == 0o640 && fetch.executableMode == 0o750 && fetch.folderMode == 0o710)
    #expect(fetch.allocatesWhole && fetch.owner == "depot" && fetch.group == "7")
  }

  @Test(
    "What is wrong is told where it stands",
    arguments: [
      ("allocate: full", "n.yaml:2:20: fetch.allocate: expected sparse or whole, found 'full'"),
      ("file-mode: \"0888\"", "n.yaml:2:21: fetch.file-mode: expected permission bits in octal"),
      ("file-mode: \"4755\"", "n.yaml:2:21: fetch.file-mode: expected permission bits in octal"),
      ("folder-mode: \"0077\"", "n.yaml:2:23: fetch.folder-mode: expected permission bits in octal"),
      ("owner: \"a:b\"", "n.yaml:2:17: fetch.owner: expected the name or number of a user or group"),
      ("modes: 1", "n.yaml:2:10: fetch: unknown key 'modes'"),
    ])
  func problem(_ text: String, _ expected: String) {
    let found = problems(Self.listen + "fetch: { \(text) }\n")
    #expect(found.count == 1 && found.first?.hasPrefix(expected) == true, "\(found)")
  }
}
